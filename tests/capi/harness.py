"""What a program of calls has in Python of what harness.h and the C library have in C.

One line is printed for each call: the function's name and what came of it.
"""

import errno
import os
import signal
import struct
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from zmqlite._zmq import ffi
from zmqlite.capi import *

Text: TypeAlias = bytes | bytearray | memoryview | str | None

close = os.close
NAMES = {
    **{code: name for code, name in errno.errorcode.items() if name != "EWOULDBLOCK"},
    0: "0",
    errno.ENOTSUP: "ENOTSUP",
    EFSM: "EFSM",
    EMTHREAD: "EMTHREAD",
    ETERM: "ETERM",
    ENOCOMPATPROTO: "ENOCOMPATPROTO",
}


def _shown(function: Callable[..., Any], result: object, failed: bool) -> None:
    reason = f" {NAMES[zmq_errno()]}" if failed else ""
    print(f"{function.__name__} {result}{reason}", flush=True)


def CALL(function: Callable[..., int], *arguments: Any) -> int:
    """Return an int or another number; -1 is a failure."""
    ffi.errno = 0
    rc = function(*arguments)
    _shown(function, rc, rc == -1)
    return rc


def POINTER(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return a pointer; NULL is a failure."""
    ffi.errno = 0
    p = function(*arguments)
    _shown(function, "NULL" if p is None else "pointer", p is None)
    return p


def VOID(function: Callable[..., None], *arguments: Any) -> None:
    """Return nothing, so only errno could tell of a failure."""
    ffi.errno = 0
    function(*arguments)
    _shown(function, -1 if zmq_errno() else 0, zmq_errno() != 0)


def number(name: bytes, value: int) -> None:
    print(f"{name.decode()} = {int(value)}")


def text(name: bytes, value: Text, size: int) -> None:
    value = "none" if value is None else value
    content = value.encode() if isinstance(value, str) else bytes(value)
    print(f"{name.decode()} = '{content[:size].partition(bytes(1))[0].decode()}'")


def strlen(value: Text) -> int:
    assert value is not None
    return len(value.value if isinstance(value, c_char_buffer) else value)


def strcmp(one: bytes, other: bytes) -> int:
    return int(one != other)


def memcmp(one: bytes, other: bytes, size: int) -> int:
    return int(one[:size] != other[:size])


def memcpy(target: bytearray, source: bytes, size: int) -> None:
    target[:size] = source[:size]


def memset(target: bytearray, byte: bytes | int, size: int) -> None:
    target[:size] = bytes(size) if byte == 0 else bytes(byte) * size


def first(memory: bytearray) -> int:
    return int(memoryview(memory).cast("b")[0])


def event_of(head: bytearray) -> int:
    return int(struct.unpack("=H", head[:2])[0])


def set_errno(code: int) -> None:
    ffi.errno = code


def open_pipe(pipes: list[int]) -> None:
    pipes[:] = os.pipe()


def put(pipe: int) -> None:
    os.write(pipe, b"x")


def take(pipe: int) -> None:
    os.read(pipe, 1)


def usleep(microseconds: int) -> None:
    time.sleep(microseconds / 1e6)


def interrupt_after(milliseconds: int) -> None:
    """Interrupt whatever waits then."""
    signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
