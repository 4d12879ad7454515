"""What went wrong, as exceptions: one class per thing that a caller handles differently.

    OSError
    └── ZMQError                       any errno without a class of its own
        ├── Again                      EAGAIN        (also BlockingIOError)
        │   └── Timeout                a wait ran out (also TimeoutError)
        ├── StateError                 EFSM          send and receive out of turn
        ├── HostUnreachable            EHOSTUNREACH  nobody has that routing id
        ├── AddressInUse               EADDRINUSE
        ├── NotSupported               ENOTSUP       not with this socket type, or this libzmq
        ├── InvalidArgument            EINVAL        (also ValueError)
        ├── ActorEnded                 EPIPE         nobody at the other end of an actor's pipe
        ├── ContextTerminated          ETERM
        ├── SocketClosed               ENOTSOCK      used after close()
        ├── SocketBusy                 EBUSY         another thread is inside the socket
        └── ForkedProcess              ECHILD        used in a child process after fork()

The last three are refused by zmqlite before libzmq is reached, where libzmq would crash, hang or
lose messages.
"""

from __future__ import annotations

import errno
import os

from ._zmq import ffi, lib
from .constants import EFSM, EMTHREAD, ENOCOMPATPROTO, ETERM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    T = TypeVar("T")


class ZMQError(OSError):
    """A call that failed: `errno` and `strerror` as in OSError, and what was called on what.

    `call` is the C function or the method, `subject` the endpoint, option or socket it was
    about, None where there is nothing to name.

    C: zmq_errno(3)
    """

    call: str
    subject: str | None

    def __init__(self, code: int, reason: str, call: str = "", subject: str | None = None) -> None:
        super().__init__(code, reason)
        self.call = call
        self.subject = subject

    def __str__(self) -> str:
        """Say call, subject, reason and, where users stumble, what to do."""
        subject = "" if self.subject is None else repr(self.subject)
        text = f"{self.call}({subject}): {self.strerror}"
        hint = _hint(self)
        return f"{text}; {hint}" if hint else text


class Again(ZMQError, BlockingIOError):
    """Nothing to receive, or no room to send, without waiting; nothing was taken or sent."""


class Timeout(Again, TimeoutError):
    """The time given for a wait ran out; nothing was taken or sent."""


class StateError(ZMQError):
    """A REQ or REP socket was used out of turn, or a message was left half read or sent."""


class HostUnreachable(ZMQError):
    """No connected peer has the routing id that the message is addressed to."""


class AddressInUse(ZMQError):
    """Another socket, here or in another program, is bound to the endpoint."""


class NotSupported(ZMQError):
    """This type of socket has no such operation, or this libzmq was built without it."""


class InvalidArgument(ZMQError, ValueError):
    """libzmq refused a value, an option or an endpoint."""


class ActorEnded(ZMQError):
    """The other end of an actor's pipe has ended: it takes nothing, and no more will come."""


class ContextTerminated(ZMQError):
    """The context was shut down or terminated; all that is left to do is to close the socket."""


class SocketClosed(ZMQError):
    """The socket was closed before the call."""


class SocketBusy(ZMQError):
    """Another thread, or the code that a signal handler interrupted, is inside the socket."""


class ForkedProcess(ZMQError):
    """The object was made before fork() and belongs to the parent process."""


class SecurityWarning(UserWarning):
    """A security option was set too late to act on the endpoints that a socket already has."""


_CLASSES: dict[int, type[ZMQError]] = {
    errno.EAGAIN: Again,
    EFSM: StateError,
    errno.EHOSTUNREACH: HostUnreachable,
    errno.EADDRINUSE: AddressInUse,
    errno.ENOTSUP: NotSupported,
    errno.EINVAL: InvalidArgument,
    errno.EPIPE: ActorEnded,
    ETERM: ContextTerminated,
    errno.ENOTSOCK: SocketClosed,
    errno.EBUSY: SocketBusy,
    errno.ECHILD: ForkedProcess,
}

# Codes that the system does not know, or knows for something else than zmqlite uses them for.
_REASONS = {
    EFSM: "not possible in the current state of the socket",
    ETERM: "the context was terminated",
    EMTHREAD: "no I/O thread for this transport",
    ENOCOMPATPROTO: "this transport does not work with this socket type",
    errno.ENOTSOCK: "the socket is closed",
    errno.EBUSY: "another thread or an interrupted call is using this socket",
    errno.ECHILD: "the object belongs to the parent process",
    errno.EPIPE: "the other end of the pipe has ended",
}

_HINTS = {
    errno.EAGAIN: "nothing to receive, or no peer that has room; give a timeout, or poll() first",
    EFSM: (
        "REQ sends then receives, REP receives then sends; a REQ that missed a reply stays stuck "
        "unless req_relaxed and req_correlate are set: close it and open another"
    ),
    errno.EHOSTUNREACH: "no connected peer has this routing id (yet, or any more)",
    errno.EADDRINUSE: (
        "something is bound there; close() and unbind() free an address a moment later; "
        "port * takes a free one"
    ),
    errno.EADDRNOTAVAIL: "bind wants an address of this machine",
    errno.ENODEV: (
        "bind wants an interface name, an IP address or *; host names work from libzmq 4.3.5, "
        "IPv6 addresses with the ipv6 option"
    ),
    errno.ENOENT: (
        "unbind wants what bind() returned, disconnect the text given to connect(); "
        "an ipc path needs an existing directory"
    ),
    errno.ENAMETOOLONG: "an ipc path has at most 107 bytes",
    errno.ENOTSUP: (
        "this socket type cannot do that (PUSH and PUB only send, PULL and SUB only receive), "
        "or libzmq was built without it"
    ),
    errno.EPROTONOSUPPORT: "a misspelt transport, or one that libzmq was built without: see has()",
    ENOCOMPATPROTO: (
        "udp is for RADIO, DISH and DGRAM, pgm and norm for PUB and SUB, inproc not for STREAM"
    ),
    EMTHREAD: "the context has io_threads=0, or the affinity option matches none of its threads",
    errno.EMFILE: (
        "max_sockets of the context or the descriptors of the process (ulimit -n) are used up; "
        "close() frees a socket's place a moment later"
    ),
    errno.EBUSY: "give each thread its own socket; Context.shutdown() wakes a thread that waits",
    errno.ECHILD: "make a new Context after fork()",
    errno.EPIPE: "where an actor has failed, Actor.stop() raises what it failed with",
}

# EINVAL can mean many things, so what to look at depends on the call.
_HINTS_EINVAL = {
    "zmq_bind": "an endpoint is transport://address, with tcp tcp://interface:port",
    "zmq_connect": "an endpoint is transport://address, with tcp tcp://host:port",
    "zmq_setsockopt": (
        "unknown to this libzmq or to this socket type, a value out of range, "
        "or a feature that libzmq was built without"
    ),
    "zmq_getsockopt": "unknown to this libzmq or to this socket type",
}


def _hint(error: ZMQError) -> str | None:
    if isinstance(error, Timeout):
        return None
    if error.errno == errno.EINVAL:
        return _HINTS_EINVAL.get(error.call)
    return _HINTS.get(error.errno or 0)


def failure(code: int, call: str, subject: str | None = None) -> ZMQError:
    """Build the exception that stands for an errno; the caller raises it."""
    # Not zmq_strerror: its text lives in a buffer that other threads overwrite.
    reason = _REASONS.get(code) or os.strerror(code)
    return _CLASSES.get(code, ZMQError)(code, reason, call, subject)


def timed_out(
    timeout: int, call: str, subject: str | None = None, what: str = "nothing happened"
) -> Timeout:
    """Build the exception for a wait of `timeout` milliseconds that ran out."""
    return Timeout(errno.EAGAIN, f"{what} within {timeout} ms", call, subject)


_FAILED = (-1, ffi.NULL)


def check(rc: T, call: str, subject: str | None = None) -> T:
    """Return what a libzmq function returned, or raise its errno if that is -1 or NULL."""
    if rc in _FAILED:
        # cffi keeps errno per thread from the last C call, so nothing may be called in between.
        raise failure(lib.zmq_errno(), call, subject)
    return rc
