"""pyzmq's exceptions, and how the errors of zmqlite's core become them.

These are no OSErrors, and do not derive from the core's: a program written for pyzmq that catches
OSError or TimeoutError does not expect to catch them.
"""

from __future__ import annotations

import errno as _errno
import os

from .. import context as _context
from .. import errors as _core
from .._zmq import ffi, lib
from ..constants import ETERM, HAUSNUMERO
from ..library import zmq_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

__all__ = [
    "IPC_PATH_MAX_LEN",
    "Again",
    "ContextTerminated",
    "DraftFDWarning",
    "InterruptedSystemCall",
    "NotDone",
    "ZMQBaseError",
    "ZMQBindError",
    "ZMQError",
    "ZMQVersionError",
    "strerror",
    "zmq_errno",
]


def strerror(errno: int) -> str:
    """Return the text of an error number, libzmq's own included.

    C: zmq_strerror(3)
    """
    if errno > HAUSNUMERO:
        return ffi.string(lib.zmq_strerror(errno)).decode()
    # Not zmq_strerror: its text lives in a buffer that other threads overwrite.
    return os.strerror(errno)


def zmq_errno() -> int:
    """Return the error number of the last call of this thread into libzmq.

    C: zmq_errno(3)
    """
    return lib.zmq_errno()


class DraftFDWarning(RuntimeWarning):
    """The descriptor of a thread-safe draft socket was read. zmqlite has no such sockets."""


class ZMQBaseError(Exception):
    """What all errors of this package are, but for TypeError, ValueError and the like."""


class ZMQError(ZMQBaseError):
    """A call that failed: `errno`, an int, and `strerror`, its text or the `msg` that was given.

    Without `errno` it is that of the last call of this thread.
    """

    errno: int | None = None
    strerror: str

    def __init__(self, errno: int | None = None, msg: str | None = None) -> None:
        self.errno = zmq_errno() if errno is None else errno
        self.strerror = strerror(self.errno) if msg is None else msg
        super().__init__(errno, msg)  # what copies are made of

    def __str__(self) -> str:
        return self.strerror

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"


class Again(ZMQError):
    """Nothing to receive, or no room to send, without waiting or in time. EAGAIN."""

    def __init__(self, errno: object = None, msg: object = None) -> None:
        super().__init__(_errno.EAGAIN)


class ContextTerminated(ZMQError):
    """The context was terminated; its sockets can only be closed. ETERM."""

    def __init__(self, errno: object = None, msg: object = None) -> None:
        super().__init__(ETERM)


class InterruptedSystemCall(ZMQError, InterruptedError):  # type: ignore[misc]  # strerror
    """A signal ended a call. Nothing raises it: calls go on once the signal is handled. EINTR."""

    def __init__(self, errno: object = None, msg: object = None) -> None:
        super().__init__(_errno.EINTR)


class ZMQBindError(ZMQBaseError):
    """`bind_to_random_port` found no free port."""


class NotDone(ZMQBaseError):
    """`MessageTracker.wait` ended before libzmq was done with the message."""


class ZMQVersionError(NotImplementedError):
    """This libzmq is older than what a feature needs."""

    def __init__(self, min_version: str, msg: str = "Feature") -> None:
        have = ".".join(map(str, zmq_version()))
        super().__init__(f"{msg} requires libzmq >= {min_version}, have {have}")
        self.msg: str = msg
        self.min_version: str = min_version
        self.version: str = have


_OWN_TEXT: Final = (_errno.EBUSY, _errno.ECHILD)
"""Errors of the core's guards, which the system's text of the errno does not explain."""


def translated(error: _core.ZMQError | ValueError, address: str | None = None) -> ZMQError:
    """Return pyzmq's exception for one of the core; `address` is what bind or connect was given.

    A ValueError of the core says that an endpoint, an option or a number is not valid: EINVAL.
    """
    if isinstance(error, _core.Again):
        return Again()
    if isinstance(error, _core.ContextTerminated):
        return ContextTerminated()
    code = (error.errno or 0) if isinstance(error, _core.ZMQError) else _errno.EINVAL
    if address is not None:
        return ZMQError(code, f"{_endpoint_text(code, address)} (addr={address!r})")
    if code in _OWN_TEXT and isinstance(error, _core.ZMQError):
        return ZMQError(code, error.strerror)
    return ZMQError(code)


class translating:
    """A `with` block in which `translated` exceptions take the place of the core's."""

    def __init__(self, address: str | None = None) -> None:
        self.address = address

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if isinstance(error, (_core.ZMQError, ValueError)):
            raise translated(error, self.address) from None


def _endpoint_text(code: int, address: str) -> str:
    text = strerror(code)
    path = address.removeprefix("ipc://")
    if path != address and code == _errno.ENOENT:
        return f"{text}: {path!r}"
    if path != address and code == _errno.ENAMETOOLONG:
        return f"{text}: an ipc path has at most {IPC_PATH_MAX_LEN} bytes, this one {len(path)}"
    return text


IPC_PATH_MAX_LEN: Final = 107
"""Bytes of the longest path of an ipc endpoint on Linux."""

# A daemon thread that waits in a socket as the interpreter exits ends in silence.
_context.SILENT_AT_EXIT += (ContextTerminated,)
