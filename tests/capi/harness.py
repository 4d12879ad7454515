"""What each program of calls prints: one line per call, the function's name and what came of it."""

import errno
import signal
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from zmqlite._zmq import ffi
from zmqlite.capi import *

P = ParamSpec("P")
T = TypeVar("T")

NAMES = {
    **{code: name for code, name in errno.errorcode.items() if name != "EWOULDBLOCK"},
    0: "0",
    errno.ENOTSUP: "ENOTSUP",
    EFSM: "EFSM",
    EMTHREAD: "EMTHREAD",
    ENOCOMPATPROTO: "ENOCOMPATPROTO",
    ETERM: "ETERM",
}


def call(function: Callable[P, int], *arguments: P.args, **_: P.kwargs) -> int:
    """An int or another number; -1 is a failure."""
    ffi.errno = 0
    rc = function(*arguments, **_)
    if rc == -1:
        print(function.__name__, -1, NAMES[zmq_errno()], flush=True)
    else:
        print(function.__name__, rc, flush=True)
    return rc


def pointer(function: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
    """A pointer; NULL is a failure."""
    ffi.errno = 0
    p = function(*arguments, **_)
    if p is not None:
        print(function.__name__, "pointer", flush=True)
    else:
        print(function.__name__, "NULL", NAMES[zmq_errno()], flush=True)
    return p


def void(function: Callable[P, None], *arguments: P.args, **_: P.kwargs) -> None:
    """Nothing is returned, so only errno could tell of a failure."""
    ffi.errno = 0
    function(*arguments, **_)
    if zmq_errno():
        print(function.__name__, -1, NAMES[zmq_errno()], flush=True)
    else:
        print(function.__name__, 0, flush=True)


def number(name: str, value: int) -> None:
    print(f"{name} = {value}")


def text(name: str, value: bytes | bytearray | memoryview, size: int) -> None:
    print(f"{name} = '{bytes(value[:size]).partition(bytes(1))[0].decode()}'")


def interrupt_after(milliseconds: int) -> None:
    """Interrupts whatever waits then."""
    signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
