"""Sockets and their monitors: life, endpoints, subscriptions and events.

Transfer sends and receives the messages, Watched counts the peers. The Owner, which the sockets of
a context share with it, opens and closes the handle.

The events of a socket come from the hub of its context; see watching and hub. This module is long
because each method of the one class Socket is documented here.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
import warnings
from _thread import start_new_thread

from ._typing import Generic
from ._zmq import ffi, lib
from .arguments import INT_MAX, integer, milliseconds
from .arguments import endpoint as encoded_endpoint
from .constants import Event, MonitorEvent, SocketType
from .errors import (
    Again,
    ContextTerminated,
    ForkedProcess,
    SocketClosed,
    failure,
)
from .fds import reserve
from .inproc import INPROC
from .message import collect
from .monitor import SocketEvent, decode
from .owner import Cleared
from .security import secure, warn_if_late
from .socket_options import SUBSCRIBE, UNSUBSCRIBE, socket_option
from .waiting import EVENTS, poll_events, until
from .watching import WATCH, Watched, log_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, Protocol, Self, Unpack

    from typing_extensions import Buffer, TypeVar

    from ._direct import Handle
    from .hub import Feed, Hub
    from .inproc import Inproc
    from .keywords import SocketKeywords
    from .option import Option
    from .owner import Owner
    from .peers import Record

    class MakesSockets(Protocol):
        """What a socket asks of its context."""

        def socket(self, type: int, **options: Unpack[SocketKeywords]) -> Socket: ...

    C = TypeVar("C", bound=MakesSockets, default=Any)
    Given = TypeVar("Given")
else:
    C = None

ZAP_ENDPOINT: Final = INPROC + "zeromq.zap.01"

_ALL: Final = Event.POLLIN.value | Event.POLLOUT.value

QUEUE: Final = 10_000
"""Events that wait for a subscriber, unless it asks for another number."""


class Socket(Watched, Generic[C]):
    """A message socket of one type, made by `Context.socket`.

    One thread at a time: a call while another thread is inside raises SocketBusy and does no harm.
    Handing a socket over to another thread is fine. Close it when done, or let `with`, the context
    or the garbage collector do so; messages that are still to be sent are kept for `linger`
    milliseconds after that. Options are attributes under libzmq's names: `socket.linger = 0`.

    `context` is the context that made the socket. For type checkers Socket has the class of its
    context as a parameter: `Context.socket` returns a Socket[Context], and an annotation `Socket`
    leaves it open (Any).

    C: zmq_socket(3)
    """

    __slots__ = (
        "__weakref__",
        "_anyone",
        "_bound",
        "_checked",
        "_feed",
        "_remote",
        "context",
    )

    def __init__(
        self, context: C, owner: Owner, inproc: Inproc, handle: Handle, type_name: str
    ) -> None:
        super().__init__(owner, inproc, handle, type_name)
        self._bound: dict[str, str] = {}  # real endpoint -> the one that bind was given
        self._remote: list[str] = []  # endpoints that security options act on: all but inproc
        self._feed: Feed | None = None  # whose events this socket receives
        self._anyone = False  # said by auth.ANYONE: a server of this socket needs no ZAP handler
        self._checked = False  # a ZAP handler checks all peers, so it says the user ids
        self.context: C = context  # last: its presence tells __del__ that all is set

    # Life

    def close(self, linger: int | None = None) -> None:
        """Close the socket; `linger`, if given, first becomes the option of that name.

        Returns at once: libzmq goes on sending for the time of `linger` (-1: for ever), and
        `Context.term` waits for that. Doing it again does nothing, nor does it in a forked child.

        Raises:
            SocketBusy: another thread is inside the socket. `Context.shutdown` wakes that thread,
                which then has a second to leave.

        C: zmq_close(3)
        """
        if linger is not None and not self.closed:
            try:
                self.linger = linger
            except (ContextTerminated, ForkedProcess):
                pass  # libzmq takes no options any more
        code = self._end()
        if code < 0:
            raise failure(-code, "zmq_close", self._type_name)

    def _end(self) -> int:
        if self._record is not None:
            lib.zl_monitor(self._pointer, ffi.NULL, 0)  # the last event, which the hub waits for
        if self._feed is None:
            self._owner.last_close = time.monotonic()
        code = self._owner.close(self._handle)
        if code == 0:
            self._tray[0] = None  # what an interrupted receive left
            if self._feed is not None:
                self._feed.end()
            self._inproc.unbound(map(encoded_endpoint, self._bound.values()))
        collect()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self, cleared: Cleared = Cleared()) -> None:  # noqa: B008  # see Cleared
        with cleared:
            if hasattr(self, "context") and not self.closed and not self._owner.forked:
                unclosed = repr(self)
                self._end()  # before the warning, which may be turned into an exception
                if (log := log_of()) is not None:
                    log.ended(
                        f"{unclosed} was never closed, and is closed by the garbage collector"
                    )
                warnings.warn(f"unclosed {unclosed}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        state = "closed " if self.closed else "busy " if lib.zl_is_busy(self._pointer) else ""
        return f"<{state}zmqlite.Socket {self._type_name} at {id(self):#x}>"

    # Endpoints

    def bind(self, endpoint: str) -> str:
        """Accept peers at an endpoint; return the real one, with the port of `tcp://*:*`.

        `tcp://interface:port` wants an interface name, an IP address or `*`. An ipc path that
        already exists is taken over from the process that uses it, as libzmq does, but only if it
        is a socket.

        Raises:
            AddressInUse: another socket is bound there, or the ipc path is a file of another kind.
            ValueError: a malformed endpoint or a port out of range.
            SecurityError: the keys of the socket cannot work, or it is a server of CURVE or PLAIN,
                and nothing decides who may connect, see zmqlite.auth.
            ZMQError: EACCES, EADDRNOTAVAIL, ENODEV, ENAMETOOLONG, EPROTONOSUPPORT ...

        C: zmq_bind(3)
        """
        encoded = encoded_endpoint(endpoint)
        if endpoint == ZAP_ENDPOINT and self._type_name not in ("REP", "ROUTER"):
            # libzmq would abort at the next connection that asks for authentication.
            raise ValueError(f"{ZAP_ENDPOINT} is for a REP or ROUTER socket")
        if endpoint.startswith("ipc://"):
            _refuse_file(endpoint)
        reserve(2, "zmq_bind", endpoint)
        self._secure("zmq_bind", endpoint)
        self._reaching(endpoint)
        self._endpoint_call("zmq_bind", lib.zl_bind, encoded, endpoint)
        real = self.last_endpoint
        self._bound[real] = endpoint
        if endpoint.startswith(INPROC):
            self._inproc.bound(encoded)
        else:
            self._remote.append(real)
        return real

    def connect(self, endpoint: str) -> None:
        """Start connecting to an endpoint, and connect again whenever the connection is lost.

        Returning means nothing about the peer: see `monitor`. With inproc and ipc, as with tcp, the
        other side may bind later.

        Raises:
            SecurityError: as `bind`.

        C: zmq_connect(3)
        """
        encoded = encoded_endpoint(endpoint)
        if endpoint.startswith(INPROC):
            self._inproc.connecting(encoded)
        self._secure("zmq_connect", endpoint)
        self._reaching(endpoint)
        self._endpoint_call("zmq_connect", lib.zl_connect, encoded, endpoint)
        if not endpoint.startswith(INPROC):
            self._remote.append(endpoint)

    def unbind(self, endpoint: str) -> None:
        """Stop accepting peers at an endpoint, as given to `bind` or as returned by it.

        Peers that are connected there over tcp and ipc are disconnected.

        C: zmq_unbind(3)
        """
        matches = (real for real, given in reversed(self._bound.items()) if given == endpoint)
        real = next(matches, endpoint)  # the latest, if the same was given several times
        encoded = encoded_endpoint(real)
        self._endpoint_call("zmq_unbind", lib.zl_unbind, encoded, endpoint)
        self._bound.pop(real, None)
        self._inproc.unbound([encoded])
        self._left(encoded)
        self._forget(real)

    def disconnect(self, endpoint: str) -> None:
        """End the connection to an endpoint, given exactly as it was given to `connect`.

        Messages for that peer are kept for `linger`. Messages from it that were not received yet
        are dropped, but the rest of one that was begun is still received.

        C: zmq_disconnect(3)
        """
        encoded = encoded_endpoint(endpoint)
        self._endpoint_call("zmq_disconnect", lib.zl_disconnect, encoded, endpoint)
        self._left(encoded)
        self._forget(endpoint)

    def _secure(self, call: str, endpoint: str) -> None:
        """Refuse security options that cannot work; let in only whom a ZAP handler lets in."""
        if endpoint.startswith(INPROC):
            return
        handled = ZAP_ENDPOINT.encode() in self._inproc.endpoints
        checked = secure(self, call, endpoint, handled, self._anyone)
        self._checked = checked and (self._checked or not self._remote)

    def _forget(self, endpoint: str) -> None:
        if endpoint in self._remote:
            self._remote.remove(endpoint)

    def _endpoint_call(self, call: str, function: Any, encoded: bytes, endpoint: str) -> None:
        code = until(lambda _: function(self._pointer, encoded), 0)
        if code < 0:
            # These calls never wait. libzmq refused a tipc address without setting errno.
            raise failure(errno.EINVAL if code == -errno.EAGAIN else -code, call, endpoint)

    # Options

    def set(self, option: Option[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Socket.linger`, or a number of zmq.h.

        Warns with SecurityWarning where a security option comes too late for an endpoint: libzmq
        takes it for later ones only, and the peers of this one stay as unprotected as they were.

        Raises:
            TypeError, ValueError: not a value of this option; nothing was changed.
            ZMQError: libzmq refuses it.

        C: zmq_setsockopt(3)
        """
        super().set(option, value)
        if self._remote:
            warn_if_late(socket_option(option, "w").name, self._remote)

    # Subscriptions

    def subscribe(self, topic: Buffer | str) -> None:
        """Receive the messages that begin with a topic, too; an empty one is every message.

        A `str` is sent as UTF-8. Subscriptions add up, and equal ones are counted: made twice, one
        is taken back by two calls of `unsubscribe`.

        Raises:
            InvalidArgument: the socket is no SUB, and no XPUB with `xpub_manual`.

        C: ZMQ_SUBSCRIBE in zmq_setsockopt(3)
        """
        self._write(SUBSCRIBE, topic)

    def unsubscribe(self, topic: Buffer | str) -> None:
        """Take one subscription back; one that was not made is no error.

        C: ZMQ_UNSUBSCRIBE in zmq_setsockopt(3)
        """
        self._write(UNSUBSCRIBE, topic)

    # Waiting and watching

    def poll(self, timeout: int | None = None, events: int = Event.POLLIN) -> Event:
        """Wait until the socket can receive (POLLIN) or send (POLLOUT); 0 if it could not in time.

        C: zmq_poll(3)
        """

        code = self._handle.poll(poll_events(events), milliseconds(timeout))
        if code < 0:
            raise failure(-code, "zmq_poll", self._type_name)
        return EVENTS[code]

    def _ready(self) -> int:
        """Read `events` for zmqlite.aio, as a plain number, or -errno."""
        return self._handle.poll(_ALL, 0)

    def monitor(self, events: int = MonitorEvent.ALL, *, queue: int = QUEUE) -> Monitor:
        """Report the connections of this socket from now on: events in the order they happen.

        Call it before `bind` and `connect` to miss nothing. inproc and udp have no events. There
        may be any number of monitors, each with a queue of so many events: those that find it full
        are dropped and counted. MONITOR_STOPPED is always the last event.

        C: zmq_socket_monitor(3)
        """
        return monitor_of(self.context, self._inproc, *self._watched(), events, queue)


def monitor_of(
    context: Any, inproc: Inproc, hub: Hub, record: Record | None, events: int, queue: int
) -> Monitor:
    """Return a monitor of a socket, or of the context if `record` is None."""
    mask = integer(events, "events", 0, INT_MAX)
    queue = integer(queue, "queue", 2, INT_MAX)
    owner = hub.owner
    with owner.lock:
        handle = owner.open(SocketType.PAIR, WATCH, "PAIR")
        receiver = Socket(context, owner, inproc, handle, "PAIR")
        try:
            receiver._feed = hub.attach(receiver, record, mask, queue)
        except BaseException:
            receiver.close()
            raise
        return Monitor(receiver)


class Monitor:
    """Events in order, of one socket or of all; made by `Socket.monitor` and `Context.monitor`.

    Another thread than the one that uses the monitored socket may read it, one thread at a time.
    `socket` is the socket that receives the events, to be registered with a Poller. The monitored
    socket may be closed first: then the iteration ends. A monitor of a context goes on: for it,
    MONITOR_STOPPED says that one of the sockets was closed.
    """

    __slots__ = ("__weakref__", "socket")

    def __init__(self, socket: Socket) -> None:
        self.socket: Socket = socket

    @property
    def dropped(self) -> int:
        """How many events were dropped because nobody read those before them."""
        return self.socket._feed.dropped if self.socket._feed else 0

    @property
    def many(self) -> bool:
        """Whether these are the events of all sockets of a context."""
        return self.socket._feed is not None and self.socket._feed.record is None

    def recv(self, flags: int = 0, timeout: int | None = None) -> SocketEvent:
        """Wait for the next event, `timeout` milliseconds or for ever.

        Raises:
            Again: no event in time.
            SocketClosed: the monitor was closed.
            ContextTerminated: the context was terminated while waiting.
        """
        return decode(self.socket.recv_multipart(flags, timeout=timeout))

    def __iter__(self) -> Iterator[SocketEvent]:
        """Yield events until the monitored socket, the monitor or the context is closed."""
        return self.iter()

    def iter(self, timeout: int | None = None) -> Iterator[SocketEvent]:
        """Yield events as iterating does, but end when none has come for `timeout` milliseconds."""
        while True:
            try:
                event = self.recv(timeout=timeout)
            except (Again, ContextTerminated, SocketClosed):
                return
            if event.event == MonitorEvent.MONITOR_STOPPED and not self.many:
                return
            yield event

    def call(self, callback: Callable[[SocketEvent], object]) -> None:
        """Call `callback` with each event, in a thread of its own that ends as iterating does.

        From then on nobody else may read the monitor; the thread closes it at its end. What the
        callback raises goes to `sys.excepthook`, and the next event follows.
        """
        start_new_thread(self._call_each, (callback,))

    def _call_each(self, callback: Callable[[SocketEvent], object]) -> None:
        with self:
            for event in self:
                try:
                    callback(event)
                except Exception as error:
                    sys.excepthook(type(error), error, error.__traceback__)

    def close(self) -> None:
        """Stop monitoring and drop the events that were not read; nothing if closed already."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _refuse_file(endpoint: str) -> None:
    """Raise AddressInUse if the path of an ipc endpoint is a file, but not a socket.

    libzmq deletes whatever has that path before it binds. For an abstract name, `ipc://@name`, it
    deletes the file `@name`, too. Of a symbolic link it deletes the link.
    """
    path = endpoint.removeprefix("ipc://")
    if path.startswith("*"):
        return  # libzmq chooses a path
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise failure(errno.EADDRINUSE, "zmq_bind", endpoint)
