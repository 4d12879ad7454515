"""Handles, which stand for C's `void *`, and how a refused call sets errno.

A context, a socket, timers, a counter, a stopwatch and a thread are objects of a class each; None
is NULL. A function checks the class and the state of a handle before it calls libzmq, which cannot
do that. As in C, dropping the last reference to a context or a socket closes nothing.

Where libzmq would abort, hang or write past the end of memory, the code raises ZMQError, and
`c_call` sets errno and returns what the C function returns for a failure. The functions that a
message goes through do without it: they make one call into C, and only if that refuses the
arguments they call a function that has `c_call` and checks everything. After fork() the sockets
of the parent process are refused as ENOTSOCK, as libzmq would refuse what is no socket.
"""

from __future__ import annotations

import errno
import functools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, NoReturn, ParamSpec, Self, TypeAlias, TypeVar

from .. import _direct
from .._zmq import ffi, lib
from ..errors import ZMQError, failure

if TYPE_CHECKING:
    from .._zmq import CData

__all__ = ["void_p"]

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F")


class Handle:
    """The base of all handles: what C has a `void *` to."""

    __slots__ = ("__weakref__",)
    kind: ClassVar[str]

    def __repr__(self) -> str:
        return f"<zmqlite.capi {self.kind} at {id(self):#x}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would not notice that the original was closed.
        raise TypeError(f"a {self.kind} of zmqlite.capi can be neither copied nor pickled")


void_p: TypeAlias = Handle | None
"""C's `void *`: any handle, or None for NULL."""

H = TypeVar("H", bound=Handle)


class ContextHandle(Handle):
    """A context: libzmq's pointer, in a cell that the C code sets to NULL when the context ends.

    Each use of the pointer holds `lock`, except zmq_ctx_term, which sets `ending` with the lock
    held, so that later calls are refused, and waits without it. The lock is reentrant, because a
    signal handler may make a call while its thread holds the lock.
    """

    __slots__ = ("cell", "ending", "generation", "lock", "priority", "started")
    kind = "context"

    def __init__(self, pointer: CData) -> None:
        self.cell: CData = ffi.new("void **", pointer)
        self.ending: bool = False
        self.generation: int = lib.zl_generation
        self.lock: threading.RLock = threading.RLock()
        self.priority: int = -1  # the value of ZMQ_THREAD_PRIORITY, which zmq_ctx_get cannot read
        self.started: bool = False  # whether a socket was created, and with it libzmq's threads

    def pointer(self, code: int = errno.EFAULT) -> CData:
        """Return libzmq's context, NULL if it has ended; refuse while a thread is ending it."""
        if self.ending:
            raise failure(code, self.kind)
        pointer: CData = self.cell[0]
        return pointer


class SocketHandle(Handle, _direct.Handle):
    """A socket: the C struct behind it, which knows whether it is open."""

    __slots__ = ("peer_names", "type")
    kind = "socket"
    type: int
    peer_names: set[bytes]  # the values that ZMQ_CONNECT_ROUTING_ID had

    def __new__(cls, type: int) -> Self:
        socket = super().__new__(cls, _direct.Frame)
        socket.pointer = ffi.cast("zl_socket *", socket.address)
        socket.type = type
        socket.peer_names = set()
        return socket


def handle_of(value: void_p, kind: type[H], code: int = errno.EFAULT) -> H:
    """Return a handle of this kind; refuse None and any other kind with `code`."""
    if isinstance(value, kind):
        return value
    if value is None or isinstance(value, Handle):
        raise failure(code, kind.kind)
    raise TypeError(f"a {kind.kind} or None stands here, not {type(value).__name__}")


def context_of(value: void_p) -> ContextHandle:
    """Return a context of this process. Only the holder of its lock can see if it was ended."""
    context = handle_of(value, ContextHandle)
    if context.generation != lib.zl_generation:  # the parent's: a thread may have held its lock
        raise failure(errno.EFAULT, ContextHandle.kind)
    return context


def socket_of(value: void_p) -> SocketHandle:
    """Return a socket that is open."""
    socket = handle_of(value, SocketHandle, errno.ENOTSOCK)
    if not lib.zl_is_open(socket.pointer):
        raise failure(errno.ENOTSOCK, SocketHandle.kind)
    return socket


def native(value: void_p) -> CData:
    """Return the pointer of an open socket, for the functions of lib."""
    return socket_of(value).pointer


UNUSUAL = lib.ZL_UNUSUAL
"""What the C code answers to arguments that it does not know: `refused` says what that means."""


def answer(code: int) -> int:
    """Turn a count or -errno of the C code into what the function of zmq.h returns."""
    if code >= 0:
        return code
    ffi.errno = errno.ENOTSOCK if code == -errno.ECHILD else -code
    return -1


def refused(code: int, general: Callable[P, int], *args: P.args, **kwargs: P.kwargs) -> int:
    """Set errno; or if the C code did not know the arguments, call a function that knows all."""
    return general(*args, **kwargs) if code == UNUSUAL else answer(code)


def c_call(failed: F) -> Callable[[Callable[P, T]], Callable[P, T | F]]:
    """Make a function set errno and return `failed` instead of raising ZMQError.

    The OverflowError of cffi, for a number that does not fit into C's type, becomes a ValueError
    that names the function of zmq.h: `_zmq_send` stands for zmq_send.
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
                name = function.__name__.lstrip("_")
                raise ValueError(f"{name}: {error}") from None

        return call

    return decorate
