"""What stands for C's `void *`, and how a refusal becomes an errno.

A context, a socket, timers, a counter, a stopwatch and a thread are each an object of a class of
its own; None is NULL. So a stale handle, or one of another kind, is told from a good one before
libzmq is reached, which could only guess. Nothing is closed when a handle is forgotten, as in C.

Where libzmq would abort, hang or write past a buffer the function raises ZMQError inside, which
`c_call` turns into what C returns for a failure. Two codes of the shim get the errno that libzmq
has for such a case: after fork() the parent's sockets are no sockets here.
"""

from __future__ import annotations

import errno
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NoReturn, ParamSpec, TypeAlias, TypeVar

from .._zmq import ffi, lib
from ..errors import ZMQError, failure

if TYPE_CHECKING:
    from .._zmq import CData

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F")


class Handle:
    """A context, a socket, timers, a counter, a stopwatch or a thread: what a `void *` is in C."""

    __slots__ = ("__weakref__",)
    kind: ClassVar[str]

    def __repr__(self) -> str:
        return f"<zmqlite.capi {self.kind} at {id(self):#x}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would live on when the other one ends.
        raise TypeError(f"a {self.kind} of zmqlite.capi can be neither copied nor pickled")


void_p: TypeAlias = Handle | None
"""C's `void *`: any handle, or None for NULL."""

H = TypeVar("H", bound=Handle)


class ContextHandle(Handle):
    """A context: libzmq's pointer in a cell that C empties, and what must not be done to it.

    All uses of the pointer hold `lock`, except the one call that ends the context: that first
    sets `ending`, with the lock, so that nobody comes in any more. The lock is reentrant because a
    signal handler may call anything while its thread is in the middle.
    """

    __slots__ = ("cell", "ending", "generation", "lock", "priority", "started")
    kind = "context"

    def __init__(self, pointer: CData) -> None:
        self.cell: CData = ffi.new("void **", pointer)
        self.ending: bool = False
        self.generation: int = lib.zl_generation
        self.lock: threading.RLock = threading.RLock()
        self.priority: int = -1  # ZMQ_THREAD_PRIORITY, which cannot be read back
        self.started: bool = False  # had its first socket, and so its threads

    def pointer(self, code: int = errno.EFAULT) -> CData:
        """Return libzmq's context, NULL once it has ended; refuse where a thread is ending it."""
        if self.ending:
            raise failure(code, self.kind)
        pointer: CData = self.cell[0]
        return pointer


class SocketHandle(Handle):
    """A socket: that of the shim, None before it is made and once it is closed."""

    __slots__ = ("peer_names", "pointer", "type")
    kind = "socket"

    def __init__(self, type: int) -> None:
        self.pointer: CData | None = None
        self.type = type
        self.peer_names: set[bytes] = set()  # that ZMQ_CONNECT_ROUTING_ID was set to


def handle_of(value: void_p, kind: type[H], code: int = errno.EFAULT) -> H:
    """Return a handle of this kind; refuse NULL and any other kind with `code`."""
    if isinstance(value, kind):
        return value
    if value is None or isinstance(value, Handle):
        raise failure(code, kind.kind)
    raise TypeError(f"a {kind.kind} or None stands here, not {type(value).__name__}")


def context_of(value: void_p) -> ContextHandle:
    """Return a context of this process; whether it was terminated is seen with its lock held."""
    context = handle_of(value, ContextHandle)
    if context.generation != lib.zl_generation:  # the parent's, whose lock may never be free
        raise failure(errno.EFAULT, ContextHandle.kind)
    return context


def socket_of(value: void_p) -> SocketHandle:
    """Return a socket that was not closed."""
    socket = handle_of(value, SocketHandle, errno.ENOTSOCK)
    if socket.pointer is None:
        raise failure(errno.ENOTSOCK, SocketHandle.kind)
    return socket


def native(value: void_p) -> CData:
    """Return the shim's socket for a handle."""
    if isinstance(value, SocketHandle) and (pointer := value.pointer) is not None:
        return pointer
    return native(socket_of(value))  # says what is wrong


_ERRNO_OF_SHIM = {errno.ECHILD: errno.ENOTSOCK}


def answer(code: int) -> int:
    """Turn a count or -errno of the shim into what C returns."""
    if code >= 0:
        return code
    ffi.errno = _ERRNO_OF_SHIM.get(-code, -code)
    return -1


def c_call(failed: F) -> Callable[[Callable[P, T]], Callable[P, T | F]]:
    """Let a function return `failed` with errno set where it refuses its arguments.

    A number that does not fit into C's type is the ValueError that cffi should have raised.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T | F]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> T | F:
            try:
                return function(*args, **kwargs)
            except ZMQError as error:
                ffi.errno = error.errno or errno.EINVAL
                return failed
            except OverflowError as error:
                raise ValueError(f"{function.__name__}: {error}") from None

        return call

    return decorate
