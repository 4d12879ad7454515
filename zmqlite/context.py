"""Contexts: the owner of sockets, and the promise that nothing hangs at the end.

Who owns what. A context keeps the C handle of each of its sockets until that is closed, not the
Socket object; so whichever of them the garbage collector takes first, the context can close what is
open. All calls that use libzmq's context pointer hold `_lock`, which `term` takes to make sure that
nobody comes in any more; it waits for libzmq without it.

How long the end takes. Every socket starts with the context's linger. `term` wakes all threads,
closes all sockets, then waits until what can still be sent was sent or the linger is over. The same
happens when a `with` block ends, when the last reference goes and when the interpreter exits.
"""

from __future__ import annotations

import atexit
import errno
import sys
import weakref
from _thread import RLock  # threading's own: all of that takes long to import
from types import TracebackType

from ._zmq import ffi, lib
from .arguments import milliseconds, socket_type
from .constants import DRAFT_SOCKET_TYPES, ETERM, SocketType
from .context_options import (
    ContextOptions,
    check_thread_options,
    context_option,
    context_options,
)
from .curve import has
from .descriptors import reserve
from .errors import ContextTerminated, check, failure
from .message import collect
from .options import Number
from .ownership import owned
from .socket import Socket
from .socket_options import socket_options
from .waiting import PATIENCE, until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final, NoReturn, Self, TypeVar, Unpack

    from ._zmq import CData
    from .keywords import ContextKeywords, SocketKeywords

    Got = TypeVar("Got")
    Given = TypeVar("Given")


LINGER: Final = 5000
"""Milliseconds that a closed socket goes on sending, unless the context is told otherwise."""

BASE_FDS: Final = 6
THREAD_FDS: Final = 2
"""Descriptors that libzmq opens with the first socket of a context, and with it for every I/O
thread, and aborts without."""

_TYPE_NAMES: Final = {kind.value: kind.name for kind in SocketType} | {
    number: name for name, number in DRAFT_SOCKET_TYPES.items()
}
_living: Final[weakref.WeakSet[Context]] = weakref.WeakSet()


class Context(ContextOptions):
    """The I/O threads of libzmq and the sockets that use them; most programs need one.

    `io_threads` can be 0 for inproc alone. `linger` is what every socket but SUB and XSUB, which
    drop what they cannot send, starts with: how long, in milliseconds, unsent messages outlive it;
    -1 (or None) is for ever, and then ending the context can take that long. Other options of the
    context follow by name, as in `ipv6=True`.
    Any thread may use it. A child process made by fork() has to make its own.

    C: zmq_ctx_new(3), zmq_ctx_set(3)
    """

    __slots__ = (
        "__weakref__",
        "_abandoned",
        "_awaited",
        "_bound",
        "_generation",
        "_handles",
        "_linger",
        "_lock",
        "_pointer",
        "_priority",
        "_shut",
        "_spare",
        "_started",
        "_termination",
    )

    def __init__(
        self, io_threads: int = 1, linger: int | None = LINGER, **options: Unpack[ContextKeywords]
    ) -> None:
        rows = context_options({"io_threads": io_threads, **options})
        self._linger = milliseconds(linger, "linger")
        self._handles: set[CData] = set()
        self._bound: set[bytes] = set()  # inproc endpoints
        self._awaited: set[bytes] = set()  # inproc endpoints, connected to and not bound yet
        self._spare: CData | None = None  # the socket that will bind what is still awaited
        # Reentrant: a signal handler may call anything while its thread is in the middle.
        self._lock = RLock()
        self._termination = RLock()
        self._priority = -1  # thread_priority, which cannot be read back
        self._started = False
        self._shut = False
        self._abandoned = False  # somebody who waited for the end was interrupted, by Ctrl-C
        self._generation = lib.zl_generation
        self._pointer = ffi.new("void **")
        self._pointer[0] = check(lib.zmq_ctx_new(), "zmq_ctx_new")
        _living.add(self)
        _end_with_multiprocessing()
        for row, value in rows.items():
            self.set(row, value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would end what belongs to the other one.
        raise TypeError("a Context can be neither copied nor pickled: give each process its own")

    # Sockets

    def socket(self, type: int, **options: Unpack[SocketKeywords]) -> Socket:
        """Make a socket; options follow by name, as in `socket(PUB, sndhwm=10)`.

        Type checkers know their names and types. A dict of options for several sockets is a
        `zmqlite.keywords.SocketKeywords` for them.

        Raises:
            NotSupported: a draft type, and libzmq was built without drafts.
            InvalidArgument: no such type.
            ContextTerminated: after `shutdown` or `term`.
            ZMQError: EMFILE, max_sockets or the descriptors of the process are used up.

        C: zmq_socket(3)
        """
        number = socket_type(type)
        name = _TYPE_NAMES.get(number, str(number))
        if name in DRAFT_SOCKET_TYPES and not has("draft"):
            # libzmq would make it, and abort the process at the first handshake.
            hint = "it is a draft of libzmq, and this libzmq was built without drafts"
            raise failure(errno.ENOTSUP, "zmq_socket", name, hint=hint)
        rows = socket_options(options)
        socket = Socket(self, self._new_handle(number, name), name)
        try:
            # What SUB and XSUB have to send at their end are unsubscriptions, maybe to nobody.
            if name not in ("SUB", "XSUB"):
                socket.linger = self._linger
            for row, value in rows.items():
                socket.set(row, value)
        except BaseException:
            socket.close()
            raise
        return socket

    def _new_handle(self, number: int, name: str) -> CData:
        with self._entrance("zmq_socket"):
            pointer = self._opened("zmq_socket")
            if not self._started:
                # What libzmq would abort on as it starts its threads.
                check_thread_options(self.thread_sched_policy, self._priority)
                reserve(BASE_FDS + THREAD_FDS * self.io_threads, "zmq_socket", name)
            handle = lib.zl_socket_make()
            if not handle:
                raise failure(errno.ENOMEM, "zmq_socket", name)
            handle = owned(handle, lib.zl_socket_free)
            self._handles.add(handle)  # before it is open, since Ctrl-C may come right after
            code = lib.zl_socket_open(handle, pointer, number, 1)
            if code < 0:
                self._forget(handle)
                raise failure(-code, "zmq_socket", name)
            self._started = True
            return handle

    def _forget(self, handle: CData) -> None:
        self._handles.discard(handle)

    # inproc endpoints. To end a connection to one that was never bound, libzmq makes a socket that
    # binds it, and aborts where it cannot have one. So there is a spare one, made in time.

    def _await(self, endpoint: bytes) -> None:
        with self._entrance("zmq_connect"):
            self._opened("zmq_connect")
            if endpoint in self._bound:
                return
            if self._spare is None:
                self._spare = self._new_handle(SocketType.PAIR, "PAIR")
            self._awaited.add(endpoint)

    def _appeared(self, endpoint: bytes) -> None:
        self._bound.add(endpoint)
        self._awaited.discard(endpoint)

    def _disappeared(self, endpoints: Iterable[bytes]) -> None:
        self._bound.difference_update(endpoints)

    def _end_awaiting(self, endpoint: bytes) -> None:
        if self._spare is not None:
            lib.zl_bind(self._spare, endpoint)  # fails where somebody has bound it after all
            self._awaited.discard(endpoint)

    # Options

    def get(self, option: Number[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Context.io_threads`, or a number of zmq.h.

        C: zmq_ctx_get(3)
        """
        row = context_option(option, "r")
        with self._entrance("zmq_ctx_get"):
            pointer = self._opened("zmq_ctx_get")
            ffi.errno = 0  # -1 is also a value
            value = lib.zmq_ctx_get(pointer, row.number)
            if value == -1 and ffi.errno:
                raise failure(ffi.errno, "zmq_ctx_get", row.name)
        return row.from_int(value)

    def set(self, option: Number[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Context.io_threads`, or a number of zmq.h.

        Raises:
            TypeError, ValueError: not a value of this option.

        C: zmq_ctx_set(3)
        """
        row = context_option(option, "w")
        number = row.to_int(value)
        with self._entrance("zmq_ctx_set"):
            pointer = self._opened("zmq_ctx_set")
            check(lib.zmq_ctx_set(pointer, row.number, number), "zmq_ctx_set", row.name)
        if row is ContextOptions.thread_priority:
            self._priority = number

    # The end

    @property
    def closed(self) -> bool:
        """Whether the context was terminated."""
        return not self._pointer[0]

    @property
    def _foreign(self) -> bool:
        """Whether this is a child process, and the context its parent's."""
        return self._generation != lib.zl_generation

    def _entrance(self, call: str) -> RLock:
        """Return the lock, unless a thread of the parent process may have held it at the fork."""
        if self._foreign:
            raise failure(errno.ECHILD, call)
        return self._lock

    def _opened(self, call: str) -> CData:
        """Return libzmq's pointer to somebody who holds the lock."""
        if self._shut:
            raise failure(ETERM, call)
        pointer: CData = self._pointer[0]
        return pointer

    def shutdown(self) -> None:
        """Wake every thread that waits in a socket of this context, with ContextTerminated.

        Any thread may call it; nothing is closed. From then on all that can be done with the
        sockets is to close them, and with the context to terminate it.

        C: zmq_ctx_shutdown(3)
        """
        if self._foreign:
            return
        with self._lock:
            if self._shut:
                return
            for endpoint in tuple(self._awaited):
                self._end_awaiting(endpoint)
            lib.zmq_ctx_shutdown(self._pointer[0])
            self._shut = True

    def term(self) -> None:
        """Close all sockets and end the context; all it holds is free afterwards.

        Waits while sockets have messages to send, each at most its linger. Threads that wait in a
        socket get ContextTerminated. Doing it again does nothing, nor does it in a forked child.

        Raises:
            SocketBusy: another thread did not come out of a call within a second.
            KeyboardInterrupt: the wait was interrupted; call it again to go on with it.

        C: zmq_ctx_term(3)
        """
        if self._foreign:
            return
        with self._termination:
            self._abandoned = True  # unless it comes to its end
            self._close_sockets()
            while self._pointer[0]:
                code = lib.zl_raw_ctx_term(self._pointer)
                if code not in (0, -errno.EINTR):
                    raise failure(-code, "zmq_ctx_term")
            self._abandoned = False
        collect()

    def _close_sockets(self) -> None:
        self.shutdown()
        for handle in tuple(self._handles):
            code = _close(handle)
            if code not in (0, -errno.ENOTSOCK, -ETERM):
                raise failure(-code, "zmq_ctx_term")
            self._forget(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.term()

    def __del__(self) -> None:
        if hasattr(self, "_pointer") and not self._abandoned:
            self.term()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self._handles)} sockets"
        return f"<zmqlite.Context, {state}, at {id(self):#x}>"


def _close(handle: CData) -> int:
    return until(lambda patience: lib.zl_close(handle, patience, -ETERM), PATIENCE)


_registered: Final[set[int]] = set()  # the generations of processes that multiprocessing will end


def _end_with_multiprocessing() -> None:
    """Have all ended where this is a child of multiprocessing, which leaves without atexit."""
    process, util = (sys.modules.get(f"multiprocessing.{name}") for name in ("process", "util"))
    if process is None or util is None or process.parent_process() is None:
        return
    if lib.zl_generation not in _registered:
        _registered.add(lib.zl_generation)
        util.Finalize(None, _end_all, exitpriority=-100)  # after what may still send


def _silence_daemons() -> None:
    """Let threads that wait in a socket as the interpreter exits end without a traceback.

    Only daemon threads are left by now. They get ContextTerminated, and nobody asked them to catch
    it: Python ends other daemon threads without a word, too.
    """
    threading: Any = sys.modules.get("threading")
    if threading is None:
        return
    show = threading.excepthook

    def hook(args: Any) -> None:
        if not issubclass(args.exc_type, ContextTerminated):
            show(args)

    threading.excepthook = hook


@atexit.register
def _end_all() -> None:
    """Close all first, so that all linger at the same time; then nothing may call Python."""
    contexts = [each for each in _living if not (each._foreign or each._abandoned)]
    _silence_daemons()
    try:
        for context in contexts:
            context._close_sockets()
        for context in contexts:
            context.term()
    except KeyboardInterrupt:
        for context in contexts:
            context._abandoned = True  # or the garbage collector would wait again
        raise
    finally:
        lib.zl_stop()
