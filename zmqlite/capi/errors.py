"""Error numbers and what the libzmq in use is: zmq_errno, zmq_strerror, zmq_version, zmq_has."""

from __future__ import annotations

import errno

from .._zmq import ffi, lib
from ._handles import c_call
from ._memory import Memory, Text, required, target

__all__ = ["zmq_errno", "zmq_has", "zmq_strerror", "zmq_version"]


def zmq_errno() -> int:
    """Return why the last call of this thread that returned -1 or None failed.

    A call that succeeds leaves it as it is, so look at it after a failure only.

    C: zmq_errno(3)
    """
    return lib.zmq_errno()


@c_call("")
def zmq_strerror(errnum: int) -> str:
    """Return what an error number means, as text.

    C: zmq_strerror(3)
    """
    return ffi.string(lib.zmq_strerror(errnum)).decode(errors="replace")


@c_call(None)
def zmq_version(major: Memory, minor: Memory, patch: Memory) -> None:
    """Write the release of the libzmq in use to three `c_int`.

    Where one is None nothing is written and errno is EFAULT.

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

    Names are ipc, tipc, pgm, norm, curve, gssapi, vmci and draft, with websockets WS and WSS; in
    any other spelling it is 0, and so it is for tcp, inproc and udp, which are always there. None
    is 0, too, and errno EFAULT.

    C: zmq_has(3)
    """
    return lib.zmq_has(required(capability, "zmq_has", errno.EFAULT))
