"""Contexts: they own the sockets, and end within a known time.

How long the end takes. Every socket starts with the context's linger. `term` wakes all threads,
closes all sockets, and then waits until all messages were sent or the lingers are over. The same
happens at the end of a `with` block, when the last reference goes and when the interpreter exits.
"""

from __future__ import annotations

import atexit
import errno
import os
import sys
import time
from _thread import RLock  # what threading calls RLock; importing threading takes long
from _weakref import ref  # likewise for weakref
from importlib import import_module

from ._zmq import ffi, lib
from .arguments import milliseconds, socket_type
from .constants import DRAFT_SOCKET_TYPES, MonitorEvent, SocketType
from .context_options import (
    ContextOptions,
    check_thread_options,
    context_option,
    context_options,
)
from .errors import ContextTerminated, SocketClosed, check, failure
from .fds import reserve
from .inproc import Inproc
from .library import has
from .message import Message, collect
from .options import Number
from .owner import Cleared, Owner
from .socket import QUEUE, Monitor, Socket, monitor_of
from .socket_options import socket_options
from .watching import hub_of, log_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn, Self, TypeVar, Unpack

    from ._direct import Frame
    from .hub import Hub
    from .keywords import ContextKeywords, SocketKeywords

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
SILENT_AT_EXIT: tuple[type[BaseException], ...] = (ContextTerminated,)
"""What ends a daemon thread without a traceback once the interpreter exits."""

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

    # For zmqlite.pyzmq, which has libzmq's own behaviour where that of Socket is safer.
    _socket_class: type[Socket[Any]] = Socket
    _message_class: type[Frame] = Message

    def __init__(
        self, io_threads: int = 1, linger: int | None = LINGER, **options: Unpack[ContextKeywords]
    ) -> None:
        rows = context_options({"io_threads": io_threads, **options})
        self._linger = milliseconds(linger, "linger")
        self._termination = RLock()
        self._priority = -1  # thread_priority, which zmq_ctx_get does not return
        self._started = False  # the I/O threads
        self._abandoned = False  # a call of `term` was interrupted by Ctrl-C
        self._owner = Owner()
        self._inproc = Inproc(self._owner)  # last: its presence tells __del__ that all is set
        if "ZMQLITE_LOG" in os.environ:
            import_module(".log", __package__).configure(os.environ["ZMQLITE_LOG"])
        _living.add(ref(self, _living.discard))
        _end_with_multiprocessing()
        for row, value in rows.items():
            self.set(row, value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would terminate the context of the original.
        raise TypeError("a Context can be neither copied nor pickled: give each process its own")

    # Sockets

    def socket(self, type: int, **options: Unpack[SocketKeywords]) -> Socket[Context]:
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
            # libzmq would create the socket, and abort the process at the first handshake.
            hint = "it is a draft of libzmq, and this libzmq was built without drafts"
            raise failure(errno.ENOTSUP, "zmq_socket", name, hint=hint)
        rows = socket_options(options)
        socket = self._new_socket(number, name)
        try:
            if name in ("SUB", "XSUB"):
                # They send nothing but subscriptions. Nobody needs those after the end, and libzmq
                # drops those beyond a high-water mark without an error.
                socket.sndhwm = 0
            else:
                socket.linger = self._linger
            for row, value in rows.items():
                socket.set(row, value)
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
            handle = owner.open(number, "zmq_socket", name, self._message_class)
            socket = self._socket_class(self, owner, inproc, handle, name)
            self._started = True
            owner.sockets.add(ref(socket, owner.sockets.discard))
        log = log_of()
        if log is not None and (owner.hub is None or not owner.hub.logged):
            hub = hub_of(owner, inproc)
            hub.logged = True
            log.start(hub)
            self._watch_all(hub)
        if owner.hub is not None and owner.hub.everything:
            socket._watched()
        return socket

    @property
    def sockets(self) -> list[Socket[Context]]:
        """The open sockets of this context, for debugging, in no particular order."""
        found = (reference() for reference in self._owner.sockets.copy())
        return [socket for socket in found if socket is not None and not socket.closed]

    def monitor(self, events: int = MonitorEvent.ALL, *, queue: int = QUEUE) -> Monitor:
        """Report the connections of all sockets of this context, those to come included.

        Events say in `socket` which one they are about. The monitor does not end with a socket, but
        with the context or when it is closed. See Socket.monitor for the rest.

        C: zmq_socket_monitor(3)
        """
        hub = hub_of(self._owner, self._inproc)
        monitor = monitor_of(self, self._inproc, hub, None, events, queue)
        self._watch_all(hub)
        return monitor

    def _watch_all(self, hub: Hub) -> None:
        """Watch all sockets, those to come included."""
        hub.everything = True
        for socket in self.sockets:
            try:
                socket._watched()
            except SocketClosed:
                pass  # by another thread, meanwhile

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
            start = time.monotonic()
            self._owner.terminate()
            self._abandoned = False
            self._tell_dropped(start)
        collect()

    def _tell_dropped(self, start: float) -> None:
        """Log that messages may have been dropped, if the linger ended the wait since `start`."""
        last, linger = self._owner.last_close, self._linger / 1000
        if 0 < start - last < linger <= time.monotonic() - last and (log := log_of()) is not None:
            log.ended(
                f"a context ended when its linger of {self._linger} ms was over: messages that "
                "were not sent by then were dropped"
            )

    def _end_at_exit(self) -> None:
        """End the context as the interpreter exits; all sockets of all contexts are closed."""
        self.term()

    def _close_sockets(self) -> None:
        """Wake all threads and close all sockets; a subclass may do more."""
        if self.sockets:
            self._owner.last_close = time.monotonic()
        self.shutdown()
        self._owner.close_all()
        for each in (self._owner.hub, self._owner.policies):
            if each is not None:
                each.join()

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
        if not issubclass(args.exc_type, SILENT_AT_EXIT):
            show(args)

    threading.excepthook = hook


@atexit.register
def _end_all() -> None:
    """Close the sockets of all contexts, so that all linger at the same time; end the contexts.

    After that libzmq's threads must not call into Python any more.
    """
    living = (reference() for reference in _living.copy())
    contexts = [each for each in living if each and not (each._owner.forked or each._abandoned)]
    _silence_daemons()
    try:
        for context in contexts:
            context._close_sockets()
        for context in contexts:
            context._end_at_exit()
    except KeyboardInterrupt:
        for context in contexts:
            context._abandoned = True  # or __del__ would wait again
        raise
    finally:
        collect(True)
