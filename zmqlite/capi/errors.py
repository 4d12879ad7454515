"""zmq_errno and zmq_strerror, and facts about the libzmq in use: zmq_version and zmq_has."""

from __future__ import annotations

import errno

from .._zmq import ffi, lib
from ._handles import c_call
from ._memory import Memory, Text, required, target

__all__ = ["zmq_errno", "zmq_has", "zmq_strerror", "zmq_version"]


def zmq_errno() -> int:
    """Return the error number of the last call that failed in this thread.

    A call that succeeds does not change it, so use it only after a failure.

    C: zmq_errno(3)
    """
    return lib.zmq_errno()


@c_call("")
def zmq_strerror(errnum: int) -> str:
    """Return the description of an error number.

    C: zmq_strerror(3)
    """
    return ffi.string(lib.zmq_strerror(errnum)).decode(errors="replace")


@c_call(None)
def zmq_version(major: Memory, minor: Memory, patch: Memory) -> None:
    """Write the release of the libzmq in use to three `c_int`.

    If one of them is None it writes nothing and sets errno to EFAULT.

    C: zmq_version(3)
    """
    given = (major, minor, patch)
    size = ffi.sizeof("int")
    targets = [target(variable, size, "zmq_version") for variable in given]
    numbers = [ffi.new("int *") for _ in given]
    lib.zmq_version(*numbers)
    for memory, number in zip(targets, numbers, strict=True):
        ffi.memmove(memory, number, size)


@c_call(0)
def zmq_has(capability: Text) -> int:
    """Return 1 if libzmq was built with a feature, else 0.

    Features are ipc, tipc, pgm, norm, curve, gssapi, vmci and draft, and WS and WSS for websockets.
    Any other name gives 0, also tcp, inproc and udp, which every libzmq has, and any other
    spelling. None gives 0 with errno EFAULT.

    C: zmq_has(3)
    """
    return lib.zmq_has(required(capability, "zmq_has", errno.EFAULT))
