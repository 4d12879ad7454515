"""The exceptions: one class for each failure that a caller may want to handle differently.

    OSError
    └── ZMQError                       any errno without a class of its own
        ├── Again                      EAGAIN        (also BlockingIOError)
        │   └── Timeout                a wait ran out (also TimeoutError)
        ├── StateError                 EFSM          send or receive in the wrong order
        ├── HostUnreachable            EHOSTUNREACH  nobody has that routing id
        ├── AddressInUse               EADDRINUSE
        ├── NotSupported               ENOTSUP       not for this socket type, or this libzmq
        ├── InvalidArgument            EINVAL        (also ValueError)
        ├── ActorEnded                 EPIPE         nobody at the other end of an actor's pipe
        ├── SecurityError              EPERM         security options that cannot work
        ├── ContextTerminated          ETERM
        ├── SocketClosed               ENOTSOCK      used after close()
        ├── SocketBusy                 EBUSY         another thread is using the socket
        └── ForkedProcess              ECHILD        used in a child process after fork()

SocketClosed, SocketBusy, ForkedProcess and SecurityError are raised by zmqlite itself, in cases
where libzmq would crash, hang, lose messages or refuse peers in silence.
"""

from __future__ import annotations

import errno
import os

from ._zmq import ffi, lib
from .constants import (
    DRAFT_SOCKET_TYPES,
    EFSM,
    EMTHREAD,
    ENOCOMPATPROTO,
    ETERM,
    SocketType,
)
from .hints import hint, timeout_hint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType
    from typing import Final, TypeVar

    T = TypeVar("T")

_PACKAGE: Final = __name__.partition(".")[0]


class ZMQError(OSError):
    """A call that failed: `errno` and `strerror` as in OSError, and what was called on what.

    `call` is libzmq's function, as in "zmq_bind", or the method of zmqlite where none of libzmq was
    called. `subject` is the endpoint, the option or the type of the socket, None where there is
    nothing to name. `method` is what the program called or set, as in "Socket.bind()" and
    "Socket.linger". Without a `reason`, `strerror` is the text of the errno.

    C: zmq_errno(3)
    """

    call: str
    subject: str | None
    hint: str | None = None
    """What to do about it, where that is known better than from errno and call."""
    _method: str | None = None  # where the traceback does not tell it

    def __init__(
        self, code: int, reason: str | None = None, call: str = "", subject: str | None = None
    ) -> None:
        # Not super().__init__, which is slower: programs raise Again in loops.
        OSError.__init__(self, code, _reason(code) if reason is None else reason)
        self.call = call
        self.subject = subject

    @property
    def method(self) -> str | None:
        """The method, function or option of zmqlite that the program used, None if not known.

        It is found in the traceback, so only an error that was raised has it. Copies keep it.
        """
        return self._method or method(self.__traceback__)

    def __reduce__(self) -> tuple[object, ...]:
        state = vars(self) | ({"_method": self.method} if self.method else {})
        return type(self), self.args, state

    def __str__(self) -> str:
        """Return the method, its subject, the reason and, for common mistakes, what to do."""
        called = self._called()
        text = f"{called}: {self.strerror}" if called else str(self.strerror)
        hint = self.hint or self._advice()
        return f"{text}; {hint}" if hint else text

    def _called(self) -> str:
        """Return the method with its subject, then C's function in brackets."""
        name, function = self.method, self.call.startswith("zmq_")
        if name is None or (self.call and not function):
            name, function = self.call and f"{self.call}()", False
        if name.endswith("()"):
            name = name.removesuffix("()") + self._argument(name)
        return f"{name} [{self.call}]" if function else name

    def _argument(self, name: str) -> str:
        """Return the subject in the form that follows the name of the method."""
        subject = self.subject
        if subject is None or name.endswith(f".{subject}()"):  # subscribe() sets an option
            return "()"
        if name.startswith("Monitor."):  # users do not know its PAIR socket
            return "()"
        if subject.partition(" ")[0] in _TYPES and self.call != "zmq_socket":
            return f"() on {subject}"
        return f"({subject!r})"

    def _advice(self) -> str | None:
        return hint(self.errno or 0, self.call, self.subject)


class Again(ZMQError, BlockingIOError):
    """Nothing to receive, or no room to send, without waiting; nothing was taken or sent."""


class Timeout(Again, TimeoutError):
    """The time given for a wait ran out; nothing was taken or sent."""

    def _advice(self) -> str | None:
        return timeout_hint(self.call, self.subject)


class StateError(ZMQError):
    """A REQ or REP socket cannot send, or cannot receive, in its current state."""


class HostUnreachable(ZMQError):
    """No connected peer has the routing id that the message is addressed to."""


class AddressInUse(ZMQError):
    """Another socket, here or in another program, is bound to the endpoint."""


class NotSupported(ZMQError):
    """This type of socket has no such operation, or this libzmq was built without it."""


class InvalidArgument(ZMQError, ValueError):
    """libzmq refused a value, an option or an endpoint."""


class ActorEnded(ZMQError):
    """The other end of an actor's pipe has ended; no more messages go through the pipe."""


class SecurityError(ZMQError):
    """The security options of a socket cannot work, or would let nobody in; nothing was done."""


class ContextTerminated(ZMQError):
    """The context was shut down or terminated; its sockets can only be closed."""


class SocketClosed(ZMQError):
    """The socket was closed before the call."""


class SocketBusy(ZMQError):
    """A call of another thread, or one that a signal handler interrupted, is using the socket."""


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

_TYPES: Final = frozenset(SocketType.__members__) | frozenset(DRAFT_SOCKET_TYPES)

_reasons: Final = {
    EFSM: "not possible in the current state of the socket",
    ETERM: "the context was terminated",
    errno.ENOTSOCK: "the socket is closed",
    errno.EBUSY: "another thread or an interrupted call is using this socket",
    errno.ECHILD: "the object belongs to the parent process",
    errno.EPIPE: "the other end of the pipe has ended",
    EMTHREAD: "no I/O thread for this transport",
    ENOCOMPATPROTO: "this transport does not work with this socket type",
}
"""Texts of errnos. At first those that the system does not know, or that have another meaning here;
the system's texts are added when they are first needed."""


def _reason(code: int) -> str:
    """Return the text of an errno; `failure` looks into the table itself, which is faster."""
    if code not in _reasons:
        # Not zmq_strerror: its text lives in a buffer that other threads overwrite.
        _reasons[code] = os.strerror(code)
    return _reasons[code]


def failure(
    code: int, call: str, subject: str | None = None, *, hint: str | None = None
) -> ZMQError:
    """Build the exception that stands for an errno; the caller raises it."""
    error = _CLASSES.get(code, ZMQError)(code, _reasons.get(code) or _reason(code), call, subject)
    if hint is not None:
        error.hint = hint
    return error


_NOTHING: Final = {"zmq_recv": "no message came", "zmq_send": "nobody had room"}


def timed_out(
    timeout: int, call: str, subject: str | None = None, what: str | None = None
) -> Timeout:
    """Build the exception for a wait of `timeout` milliseconds that ran out."""
    what = what or _NOTHING.get(call, "nothing happened")
    return Timeout(errno.EAGAIN, f"{what} within {timeout} ms", call, subject)


def method(trace: TracebackType | None) -> str | None:
    """Return the method of zmqlite that the program called, found in a traceback.

    It is the first function of zmqlite after the last function of the program: if a handler called
    `recv`, that is it, and not the `run` of the reactor that called the handler.
    """
    entry = None
    inside = False
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        was_inside, inside = inside, name.partition(".")[0] == _PACKAGE
        if inside and not was_inside:
            entry = trace.tb_frame
        trace = trace.tb_next
    return _name(entry) if entry is not None and inside else None


def _name(frame: FrameType) -> str | None:
    """Return the name of a public method or function, None for an internal one."""
    name = frame.f_code.co_name
    owner = frame.f_locals.get("self")
    if name == "__get__":  # of an option; setting one begins in __setattr__
        return f"{type(frame.f_locals['instance']).__name__}.{owner.name}" if owner else None
    if name == "__setattr__":
        return f"{type(owner).__name__}.{frame.f_locals['name']}"
    if (name.startswith("_") and not name.startswith("__")) or name.startswith("<"):
        return None
    if owner is None:
        return f"{name}()"
    return type(owner).__name__ + ("()" if name == "__init__" else f".{name}()")


_FAILED = (-1, ffi.NULL)


def check(rc: T, call: str, subject: str | None = None) -> T:
    """Return what a libzmq function returned, or raise its errno if that is -1 or NULL."""
    if rc in _FAILED:
        # cffi keeps errno per thread from the last C call, so nothing may be called in between.
        raise failure(lib.zmq_errno(), call, subject)
    return rc
