"""Contexts: they own the sockets, and end within a known time.

How long the end takes. Every socket starts with the context's linger. `term` wakes all threads,
closes all sockets, and then waits until all messages were sent or the lingers are over. The same
happens at the end of a `with` block, when the last reference goes and when the interpreter exits.
"""

from __future__ import annotations

import atexit
import errno
import sys
from _thread import RLock  # what threading calls RLock; importing threading takes long
from _weakref import ref  # likewise for weakref

from ._zmq import ffi, lib
from .arguments import integer, milliseconds
from .constants import DRAFT_SOCKET_TYPES, SocketType
from .context_options import (
    ALL_CONTEXT_OPTIONS,
    ContextOptions,
    check_thread_options,
    context_option,
)
from .errors import check, failure
from .fds import reserve
from .inproc import Inproc
from .library import has
from .message import collect
from .options import Number
from .owner import Cleared, Owner
from .socket import Socket
from .socket_options import ALL_SOCKET_OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn, Self, TypeVar

    Got = TypeVar("Got")
    Given = TypeVar("Given")


LINGER: Final = 5000
"""Milliseconds that a closed socket goes on sending, unless the context has another linger."""

BASE_FDS: Final = 6
THREAD_FDS: Final = 2
"""File descriptors that libzmq opens with the first socket of a context, and for each I/O thread
with it. libzmq aborts if it cannot open them."""

_TYPE_NAMES: Final = {kind.value: kind.name for kind in SocketType} | {
    number: name for name, number in DRAFT_SOCKET_TYPES.items()
}
_living: Final[set[ref[Context]]] = set()
"""All contexts of this process and its parents; those that the garbage collector took leave it."""


class Context(ContextOptions):
    """The I/O threads of libzmq and the sockets that use them; most programs need one context.

    `io_threads` can be 0 if all sockets use inproc. `linger` is the initial linger of every socket
    but SUB and XSUB, which drop what they cannot send: for how many milliseconds after its close
    unsent messages are kept. -1 (or None) is for ever, and then ending the context can take for
    ever. SUB and XSUB have no `sndhwm`, since libzmq would drop the subscriptions beyond it. Other
    options of the context follow by name, as in `ipv6=True`.

    Any thread may use a context. A child process made by fork() has to make its own.

    C: zmq_ctx_new(3), zmq_ctx_set(3)
    """

    __slots__ = (
        "__weakref__",
        "_abandoned",
        "_inproc",
        "_linger",
        "_owner",
        "_priority",
        "_started",
        "_termination",
    )

    def __init__(self, io_threads: int = 1, linger: int | None = LINGER, **options: Any) -> None:
        self._linger = milliseconds(linger, "linger")
        self._termination = RLock()
        self._priority = -1  # thread_priority, which zmq_ctx_get does not return
        self._started = False  # the I/O threads
        self._abandoned = False  # a call of `term` was interrupted by Ctrl-C
        self._owner = Owner()
        self._inproc = Inproc(self._owner)  # last: its presence tells __del__ that all is set
        _living.add(ref(self, _living.discard))
        _end_with_multiprocessing()
        for name, value in {"io_threads": io_threads, **options}.items():
            if name not in ALL_CONTEXT_OPTIONS:
                raise TypeError(f"Context() got {name}, which is no option of a context")
            self.set(ALL_CONTEXT_OPTIONS[name], value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would terminate the context of the original.
        raise TypeError("a Context can be neither copied nor pickled: give each process its own")

    # Sockets

    def socket(self, type: int, **options: Any) -> Socket[Context]:
        """Make a socket; options follow by name, as in `socket(PUB, sndhwm=10)`.

        Raises:
            NotSupported: a draft type, and libzmq was built without drafts.
            InvalidArgument: no such type.
            ContextTerminated: after `shutdown` or `term`.
            ZMQError: EMFILE, max_sockets or the descriptors of the process are used up.

        C: zmq_socket(3)
        """
        number = integer(type, "type", -(2**31), 2**31 - 1)
        name = _TYPE_NAMES.get(number, str(number))
        if name in DRAFT_SOCKET_TYPES and not has("draft"):
            # libzmq would create the socket, and abort the process at the first handshake.
            raise failure(errno.ENOTSUP, "zmq_socket", f"{name}, a draft type")
        unknown = options.keys() - ALL_SOCKET_OPTIONS.keys()
        if unknown:
            raise TypeError(f"socket() got {', '.join(sorted(unknown))}: no option of a socket")
        socket = self._new_socket(number, name)
        try:
            if name in ("SUB", "XSUB"):
                # They send nothing but subscriptions. Nobody needs those after the end, and libzmq
                # drops those beyond a high-water mark without an error.
                options = {"sndhwm": 0, **options}
            else:
                options = {"linger": self._linger, **options}
            for option, value in options.items():
                socket.set(ALL_SOCKET_OPTIONS[option], value)
        except BaseException:
            socket.close()
            raise
        return socket

    def _new_socket(self, number: int, name: str) -> Socket[Context]:
        owner, inproc = self._owner, self._inproc
        with owner.locked("zmq_socket"):
            if not (self._started or owner.shut):
                # The first socket starts the I/O threads: check what libzmq would abort on then.
                check_thread_options(self.thread_sched_policy, self._priority)
                reserve(BASE_FDS + THREAD_FDS * self.io_threads, "zmq_socket", name)
            socket = Socket(self, owner, inproc, owner.open(number, "zmq_socket", name), name)
            self._started = True
            return socket

    # Options

    def get(self, option: Number[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Context.io_threads`, or a number of zmq.h.

        C: zmq_ctx_get(3)
        """
        row = context_option(option, "r")
        with self._owner.locked("zmq_ctx_get"):
            pointer = self._owner.pointer("zmq_ctx_get")
            ffi.errno = 0  # tells an error from an option whose value is -1
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
        with self._owner.locked("zmq_ctx_set"):
            pointer = self._owner.pointer("zmq_ctx_set")
            check(lib.zmq_ctx_set(pointer, row.number, number), "zmq_ctx_set", row.name)
        if row is ContextOptions.thread_priority:
            self._priority = number

    # The end

    @property
    def closed(self) -> bool:
        """Whether the context was terminated."""
        return self._owner.closed

    def shutdown(self) -> None:
        """Wake every thread that waits in a socket of this context, with ContextTerminated.

        Any thread may call it; nothing is closed. After it sockets can only be closed, and the
        context only be terminated.

        C: zmq_ctx_shutdown(3)
        """
        owner = self._owner
        if owner.forked:
            return
        with owner.lock:
            if not owner.shut:
                self._inproc.bind_awaited()
                owner.shutdown()

    def term(self) -> None:
        """Close all sockets and end the context, which frees all its resources.

        Waits while sockets have messages to send, each at most its linger. Threads that wait in a
        socket get ContextTerminated. Another call does nothing, and so does a call in a forked
        child.

        Raises:
            SocketBusy: another thread did not leave its call within a second.
            KeyboardInterrupt: the wait was interrupted; another call goes on with it.

        C: zmq_ctx_term(3)
        """
        if self._owner.forked:
            return
        with self._termination:
            self._abandoned = True  # until all of this is done
            self._close_sockets()
            self._owner.terminate()
            self._abandoned = False
        collect()

    def _close_sockets(self) -> None:
        """Wake all threads and close all sockets; a subclass may do more."""
        self.shutdown()
        self._owner.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.term()

    def __del__(self, cleared: Cleared = Cleared()) -> None:  # noqa: B008  # see Cleared
        with cleared:
            if hasattr(self, "_inproc") and not self._abandoned:
                self.term()

    def __repr__(self) -> str:
        state = "closed" if self.closed else f"{len(self._owner.handles)} sockets"
        return f"<zmqlite.Context, {state}, at {id(self):#x}>"


_registered: Final[set[int]] = set()  # fork generations of processes with a Finalize


def _end_with_multiprocessing() -> None:
    """Have _end_all called in a child of multiprocessing, which exits without running atexit."""
    process, util = (sys.modules.get(f"multiprocessing.{name}") for name in ("process", "util"))
    if process is None or util is None or process.parent_process() is None:
        return
    if lib.zl_generation not in _registered:
        _registered.add(lib.zl_generation)
        util.Finalize(None, _end_all, exitpriority=-100)  # after other finalizers, which may send


@atexit.register
def _end_all() -> None:
    """Close the sockets of all contexts, so that all linger at the same time; end the contexts.

    After that libzmq's threads must not call into Python any more.
    """
    living = (reference() for reference in _living.copy())
    contexts = [each for each in living if each and not (each._owner.forked or each._abandoned)]
    try:
        for context in contexts:
            context._close_sockets()
        for context in contexts:
            context.term()
    except KeyboardInterrupt:
        for context in contexts:
            context._abandoned = True  # or __del__ would wait again
        raise
    finally:
        collect(True)
