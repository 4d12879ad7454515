"""What a context and its sockets share: libzmq's context and the handles of the open sockets.

A context knows the handle of each of its open sockets, not the Socket object. So it can close every
open socket, in whatever order the garbage collector takes contexts and sockets.
"""

from __future__ import annotations

import errno
import sys
from _thread import RLock  # what threading calls RLock; importing threading takes long

from ._zmq import ffi, lib
from .constants import ETERM
from .errors import check, failure
from .handle import new_handle
from .message import Message
from .waiting import until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _weakref import ref
    from typing import Any, Final

    from ._direct import Frame, Handle
    from ._zmq import CData

GRACE: Final = 1000
"""Grace period in milliseconds: how long threads have to leave their calls after a shutdown."""


class Cleared:
    """Suppresses the errors of a finalizer that runs after Python has cleared our modules.

    Their globals are None then: nothing can be called, and the process is about to end. An
    instance is kept by those who need it as a default argument, which is not cleared.
    """

    __slots__ = ("_finalizing",)

    def __init__(self) -> None:
        self._finalizing = sys.is_finalizing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and kind in (AttributeError, TypeError) and self._finalizing()


class ForkAware:
    """An object that knows whether this process made it, or is a forked child of the one that did.

    A child has copies of its parent's contexts and sockets, but no I/O threads behind them, and it
    shares their file descriptors with its parent. So it must neither use nor close them.
    """

    __slots__ = ("_generation",)

    def __init__(self) -> None:
        self._generation = lib.zl_generation  # the number of forks that led to this process

    @property
    def forked(self) -> bool:
        """Whether this process is a forked child of the one that made the object."""
        return self._generation != lib.zl_generation


class Owner(ForkAware):
    """libzmq's context, and the handles of its open sockets.

    A caller that uses libzmq's pointer holds `lock`. `shutdown` takes the lock as well, and nobody
    gets the pointer after it. So nobody uses the pointer when `terminate`, which waits without the
    lock, lets libzmq free the context.
    """

    __slots__ = ("_pointer", "handles", "hub", "last_close", "lock", "policies", "shut", "sockets")

    def __init__(self) -> None:
        super().__init__()
        # Reentrant: a signal handler may make any call while its own thread holds the lock.
        self.lock: RLock = RLock()
        self.handles: set[Handle] = set()
        self.sockets: set[ref[Any]] = set()  # to the Socket objects that users have
        self.last_close: float = 0.0  # when a user's socket was closed, on the monotonic clock
        self.shut: bool = False
        self.hub: Any = None  # the Hub of the context, once something watches its sockets
        self.policies: Any = None  # who may connect, once zmqlite.auth is used
        self._pointer = ffi.new("void **")  # holds NULL once the context is terminated
        self._pointer[0] = check(lib.zmq_ctx_new(), "zmq_ctx_new")

    @property
    def closed(self) -> bool:
        """Whether the context was terminated."""
        return not self._pointer[0]

    def locked(self, call: str) -> RLock:
        """Return the lock, to be held by `call`.

        Raises:
            ForkedProcess: in a forked child, where a thread that exists only in the parent may
                hold the lock for ever.
        """
        if self.forked:
            raise failure(errno.ECHILD, call)
        return self.lock

    def pointer(self, call: str) -> CData:
        """Return libzmq's pointer; the caller holds the lock.

        Raises:
            ContextTerminated: after `shutdown`.
        """
        if self.shut:
            raise failure(ETERM, call)
        pointer: CData = self._pointer[0]
        return pointer

    # Sockets

    def open(self, kind: int, call: str, subject: str, message: type[Frame] = Message) -> Handle:
        """Create a socket of libzmq and return its handle; an error names `call` and `subject`.

        `message` is the class of the frames that are received without a copy.
        """
        with self.locked(call):
            pointer = self.pointer(call)
            handle = new_handle(message)
            # Known before it is open: a signal handler may raise right after the socket was opened.
            self.handles.add(handle)
            code = lib.zl_socket_open(handle.pointer, pointer, kind)
            if code < 0:
                self.handles.discard(handle)
                raise failure(-code, call, subject)
            return handle

    def close(self, handle: Handle) -> int:
        """Close the socket of a handle, if it is open; return 0, or -EBUSY if a thread is inside.

        After a shutdown that thread was woken, or is one that closes the socket itself. Then it has
        the grace period to leave.
        """
        code = lib.zl_close(handle.pointer, 0, -ETERM if self.shut else -errno.ENOTSOCK)
        if code == -errno.EBUSY and self.shut:
            code = until(lambda ms: lib.zl_close(handle.pointer, ms, -ETERM), GRACE)
        if code not in (0, -errno.ENOTSOCK, -ETERM, -errno.ECHILD):
            return code
        self.handles.discard(handle)
        return 0

    # The end

    def shutdown(self) -> None:
        """Wake all threads that wait in sockets; the caller holds the lock."""
        lib.zmq_ctx_shutdown(self._pointer[0])
        self.shut = True
        if self.hub is not None:
            self.hub.wake()

    def close_all(self) -> None:
        """Close all sockets after a shutdown.

        Raises:
            SocketBusy: a thread did not leave a socket within the grace period.
        """
        for handle in tuple(self.handles):
            code = self.close(handle)
            if code < 0:
                raise failure(-code, "zmq_ctx_term")

    def terminate(self) -> None:
        """Wait until the closed sockets have sent their messages or lingered, and free the context.

        A signal handler that raises ends the wait, which another call takes up again.
        """
        while self._pointer[0]:
            code = lib.zl_raw_ctx_term(self._pointer)
            if code not in (0, -errno.EINTR):
                raise failure(-code, "zmq_ctx_term")
