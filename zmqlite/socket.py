"""Sockets: their life, endpoints and options. Messages go through Sender and Receiver."""

from __future__ import annotations

import errno
import itertools
import os
import stat
import warnings
import weakref
from types import TracebackType

from ._zmq import ffi, lib
from .arguments import INT_MAX, integer, milliseconds
from .arguments import endpoint as encoded_endpoint
from .constants import ETERM, Event, MonitorEvent, SocketType
from .descriptors import reserve
from .errors import ContextTerminated, ForkedProcess, failure
from .message import collect
from .monitor import Monitor
from .receiving import Receiver
from .sending import Sender
from .socket_options import SUBSCRIBE, UNSUBSCRIBE
from .waiting import PATIENCE, events_of, poll_events, until, until_ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, Self, TypeVar

    from typing_extensions import Buffer

    from ._zmq import CData
    from .context import Context

    Got = TypeVar("Got")
    Given = TypeVar("Given")


INPROC: Final = "inproc://"
ZAP_ENDPOINT: Final = INPROC + "zeromq.zap.01"

_ALL: Final = Event.POLLIN.value | Event.POLLOUT.value

_monitors = itertools.count(1)


class Socket(Sender, Receiver):
    """A message socket of one type, made by `Context.socket`.

    One thread at a time: a call while another thread is inside raises SocketBusy and does no harm.
    Handing a socket over to another thread is fine. Close it when done, or let `with`, the context
    or the garbage collector do so; messages that are still to be sent are kept for `linger`
    milliseconds after that. Options are attributes under libzmq's names: `socket.linger = 0`.

    C: zmq_socket(3)
    """

    __slots__ = ("__weakref__", "_bound", "_monitor", "_monitored", "context")

    def __init__(self, context: Context, handle: CData, type_name: str) -> None:
        super().__init__(handle, type_name)
        self.context: Context = context
        self._bound: dict[str, str] = {}  # by the real name, the one given to bind
        self._monitor: weakref.ref[Socket] | None = None  # where events of this socket arrive
        self._monitored: CData | None = None  # the socket whose events arrive here

    # Life

    def close(self, linger: int | None = None) -> None:
        """Close the socket; `linger`, if given, first becomes the option of that name.

        Returns at once: libzmq goes on sending for the time of `linger` (-1: for ever), and
        `Context.term` waits for that. Doing it again does nothing, nor does it in a forked child.

        Raises:
            SocketBusy: another thread is inside the socket; `Context.shutdown` wakes it, and after
                that it gets a second to come out.

        C: zmq_close(3)
        """
        if linger is not None and not self.closed:
            try:
                self.linger = linger
            except (ContextTerminated, ForkedProcess):
                pass  # too late to change it
        code = self._end()
        if code < 0:
            raise failure(-code, "zmq_close", self._type_name)

    def _end(self) -> int:
        # Each end of a monitor stops it first: libzmq would block on the next event, with nobody
        # there to take it, and on the event of the stop itself.
        if self._monitored is not None:
            lib.zl_monitor(self._monitored, ffi.NULL, 0)
        if self._monitor is not None:
            lib.zl_monitor(self._handle, ffi.NULL, 0)
        gone = -ETERM if self.context._shut else -errno.ENOTSOCK
        code = lib.zl_close(self._handle, 0, gone)
        if code == -errno.EBUSY and self.context._shut:
            # Who is inside has been woken, or is the context, which closes it just now.
            code = until(lambda ms: lib.zl_close(self._handle, ms, -ETERM), PATIENCE)
        if code in (0, -errno.ENOTSOCK, -ETERM, -errno.ECHILD):
            self.context._forget(self._handle)
            self.context._disappeared(map(encoded_endpoint, self._bound.values()))
            code = 0
        collect()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "context") and not self.closed and not self.context._foreign:
            unclosed = repr(self)
            self._end()  # first, since a warning may be turned into an exception
            warnings.warn(f"unclosed {unclosed}", ResourceWarning, source=self, stacklevel=2)

    def __repr__(self) -> str:
        state = "closed " if self.closed else ""
        return f"<{state}zmqlite.Socket {self._type_name} at {id(self):#x}>"

    # Endpoints

    def bind(self, endpoint: str) -> str:
        """Accept peers at an endpoint; return the real one, with the port of `tcp://*:*`.

        `tcp://interface:port` wants an interface name, an IP address or `*`. An ipc path that
        already exists is taken over from whoever uses it, as libzmq does, but only if it is a
        socket.

        Raises:
            AddressInUse: somebody is bound there, or the ipc path is a file of another kind.
            ValueError: a malformed endpoint or a port out of range.
            ZMQError: EACCES, EADDRNOTAVAIL, ENODEV, ENAMETOOLONG, EPROTONOSUPPORT ...

        C: zmq_bind(3)
        """
        encoded = encoded_endpoint(endpoint)
        if endpoint == ZAP_ENDPOINT and self._type_name not in ("REP", "ROUTER"):
            # libzmq aborts at the next connection that asks for authentication.
            raise ValueError(f"{ZAP_ENDPOINT} is for a REP or ROUTER socket")
        if endpoint.startswith("ipc://"):
            _refuse_file(endpoint)
        reserve(2, "zmq_bind", endpoint)
        self._endpoint_call("zmq_bind", lib.zl_bind, encoded, endpoint)
        real = self.last_endpoint
        self._bound[real] = endpoint
        if endpoint.startswith(INPROC):
            self.context._appeared(encoded)
        return real

    def connect(self, endpoint: str) -> None:
        """Start connecting to an endpoint, now and again after every loss of the connection.

        Success says nothing about the peer; see `monitor`. With inproc and ipc, as with tcp, the
        other side may bind later.

        C: zmq_connect(3)
        """
        encoded = encoded_endpoint(endpoint)
        if endpoint.startswith(INPROC):
            self.context._await(encoded)
        self._endpoint_call("zmq_connect", lib.zl_connect, encoded, endpoint)

    def unbind(self, endpoint: str) -> None:
        """Stop accepting peers at an endpoint, as given to `bind` or as returned by it.

        Peers that came in there are disconnected, over tcp and ipc.

        C: zmq_unbind(3)
        """
        given = (real for real, name in reversed(self._bound.items()) if name == endpoint)
        real = next(given, endpoint)  # of several the latest
        encoded = encoded_endpoint(real)
        self._endpoint_call("zmq_unbind", lib.zl_unbind, encoded, endpoint)
        self._bound.pop(real, None)
        self.context._disappeared([encoded])

    def disconnect(self, endpoint: str) -> None:
        """End the connection to an endpoint, named exactly as it was to `connect`.

        Messages for that peer are kept for `linger`; those from it that were not read are dropped.

        C: zmq_disconnect(3)
        """
        encoded = encoded_endpoint(endpoint)
        self._endpoint_call("zmq_disconnect", lib.zl_disconnect, encoded, endpoint)

    def _endpoint_call(self, call: str, function: Any, encoded: bytes, endpoint: str) -> None:
        code = until(lambda _: function(self._handle, encoded), 0)
        if code < 0:
            # No such call waits: libzmq refused a tipc address, and left errno as it was.
            raise failure(errno.EINVAL if code == -errno.EAGAIN else -code, call, endpoint)

    # Subscriptions

    def subscribe(self, topic: Buffer | str) -> None:
        """Receive the messages that begin with a topic, too; an empty one is every message.

        A `str` is sent as UTF-8. Subscriptions add up, and equal ones are counted: made twice, one
        is taken back by two calls of `unsubscribe`.

        Raises:
            InvalidArgument: the socket is no SUB, and no XPUB with `xpub_manual`.

        C: ZMQ_SUBSCRIBE in zmq_setsockopt(3)
        """
        self.set(SUBSCRIBE, topic)

    def unsubscribe(self, topic: Buffer | str) -> None:
        """Take one subscription back; one that was not made is no error.

        C: ZMQ_UNSUBSCRIBE in zmq_setsockopt(3)
        """
        self.set(UNSUBSCRIBE, topic)

    # Waiting and watching

    def poll(self, timeout: int | None = None, events: int = Event.POLLIN) -> Event:
        """Wait until the socket can receive (POLLIN) or send (POLLOUT); 0 if it could not in time.

        C: zmq_poll(3)
        """

        wanted = poll_events(events)
        wait = milliseconds(timeout)
        code = until_ready(lambda ms: lib.zl_poll_one(self._handle, wanted, ms), wait)
        if code < 0:
            raise failure(-code, "zmq_poll", self._type_name)
        return events_of(code)

    def _ready(self) -> int:
        """Read `events` for zmqlite.aio, as a plain number, or -errno."""
        while (code := lib.zl_poll_one(self._handle, _ALL, 0)) == -errno.EINTR:
            pass
        return code

    def monitor(self, events: int = MonitorEvent.ALL) -> Monitor:
        """Watch the connections of this socket from now on: events in the order they happen.

        Begin before `bind` and `connect` to miss nothing. inproc and udp have no events. A socket
        has one monitor at a time. MONITOR_STOPPED comes last, asked for or not.

        Raises:
            AddressInUse: the monitor of before is not closed.

        C: zmq_socket_monitor(3)
        """
        before = self._monitor and self._monitor()
        if before and not before.closed:
            raise failure(errno.EADDRINUSE, "zmq_socket_monitor", self._type_name)
        # Without the last event nothing would tell the receiver that no more will come.
        mask = integer(events, "events", 0, INT_MAX) | MonitorEvent.MONITOR_STOPPED
        endpoint = f"{INPROC}zmqlite.monitor.{next(_monitors)}"
        receiver = self.context.socket(SocketType.PAIR, rcvhwm=0, linger=0)
        # First the receiver: libzmq blocks on an event that nobody takes. For the same reason its
        # end stops the events, from now on.
        receiver.connect(endpoint)
        receiver._monitored = self._handle
        code = until(lambda _: lib.zl_monitor(self._handle, endpoint.encode(), mask), 0)
        if code < 0:
            receiver.close()
            self.context._end_awaiting(endpoint.encode())
            raise failure(-code, "zmq_socket_monitor", self._type_name)
        self.context._appeared(endpoint.encode())
        self.context._disappeared([endpoint.encode()])  # nobody else will connect to it
        self._monitor = weakref.ref(receiver)
        return Monitor(receiver)


def _refuse_file(endpoint: str) -> None:
    """Keep libzmq from deleting a file that is no socket to make place for one.

    For an abstract name it deletes the file of that name, too, and of a symbolic link the link.
    """
    path = endpoint.removeprefix("ipc://")
    if path.startswith("*"):
        return  # libzmq makes up a name
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise failure(errno.EADDRINUSE, "zmq_bind", endpoint)
