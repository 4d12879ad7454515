"""What a socket knows of its peers: how many there are, and waiting for them.

All of it comes from the hub of the context, which the first watcher imports and starts.
"""

from __future__ import annotations

import errno
import sys
import time
from importlib import import_module

from .arguments import INT_MAX, integer, milliseconds
from .constants import Event, MonitorEvent
from .errors import Again, failure, timed_out
from .fds import reserve
from .inproc import INPROC
from .security import is_server
from .transfer import BATCH, WHOLE, Transfer
from .waiting import remaining

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from ._direct import Handle
    from .hub import Hub
    from .inproc import Inproc
    from .owner import Owner
    from .peers import Record, Statistics
    from .subscribers import Subscribers


PEERS: Final = (
    MonitorEvent.ACCEPTED
    | MonitorEvent.CONNECTED
    | MonitorEvent.HANDSHAKE_SUCCEEDED
    | MonitorEvent.DISCONNECTED
)
"""The events that change the number of peers."""

WATCH: Final = "zmq_socket_monitor"
"""The call that errors about watching name."""


class Watched(Transfer):
    """The part of a socket that the hub has to do with."""

    __slots__ = ("_inproc", "_owner", "_reached", "_record", "_subscribers")

    def __init__(self, owner: Owner, inproc: Inproc, handle: Handle, type_name: str) -> None:
        super().__init__(handle, type_name)
        self._owner = owner
        self._inproc = inproc
        self._record: Record | None = None  # what the hub knows, once something watches the socket
        self._reached: set[bool] = set()  # True: bound or connected over inproc; False: otherwise
        self._subscribers: Subscribers | None = None  # of an XPUB, once it was asked to count them

    # Peers

    def _reaching(self, endpoint: str) -> None:
        """Take note of a bind or connect, and of the security that it will use."""
        self._reached.add(endpoint.startswith(INPROC))
        if self._record is not None:
            mechanism = self.mechanism
            self._record.mechanism = mechanism.name
            self._record.server = is_server(self, mechanism)

    def _left(self, endpoint: bytes) -> None:
        if self._record is not None:
            with self._owner.lock:
                self._record.forget(endpoint)

    def _watched(self) -> tuple[Hub, Record]:
        """Have the hub watch this socket, if it does not yet."""
        hub = hub_of(self._owner, self._inproc)
        with self._owner.lock:
            if self.closed:
                raise failure(errno.ENOTSOCK, WATCH, self._type_name)
            if self._record is None:
                complete = False not in self._reached
                self._record = hub.watch(self._handle, self._type_name, complete)
            return hub, self._record

    def statistics(self) -> Statistics:
        """Return what is known of the peers of this socket; the first call starts to count.

        Any thread may call it.
        """
        hub, record = self._watched()
        with self._owner.lock:
            return record.statistics(hub.dropped(record))

    def wait_peers(self, count: int, timeout: int | None = None) -> None:
        """Wait until so many peers are connected, `timeout` milliseconds or for ever.

        A peer counts when its handshake is finished: messages can be sent to it, but whether it has
        subscribed is not known, see `wait_subscribers`. Peers are counted from the moment when the
        socket is first watched, so make the first call before `bind` and `connect`: with a `count`
        of 0 it returns at once.

            socket.wait_peers(0)
            socket.bind("tcp://*:5555")
            socket.wait_peers(2, timeout=5000)

        Raises:
            Timeout: fewer peers were connected in time.
            RuntimeError: nothing watched the socket when it was bound or connected.
            NotSupported: it uses only inproc, which has no events.
            SocketClosed, ContextTerminated: also if that happened while it waited.
        """
        wait = milliseconds(timeout)
        start = time.monotonic()
        hub, record = self._counted(count)
        with self._owner.lock:
            events = hub.receiver(record, PEERS, 2)  # what is dropped has been counted all the same
        try:
            while True:
                if (now := self._peers(record)) >= count:
                    break
                try:
                    events.recv_multipart(timeout=remaining(start, wait))
                except Again:
                    what = f"{now} of {count} peers were connected"
                    raise timed_out(wait, "Socket.wait_peers", self._type_name, what) from None
        finally:
            events.close()
        self._handle.poll(
            Event.POLLIN, 0
        )  # what libzmq's threads found out reaches a socket inside a call

    def _counted(self, count: int) -> tuple[Hub, Record]:
        """Check that the peers of this socket can be counted."""
        integer(count, "count", 0, INT_MAX)
        hub, record = self._watched()
        if count and self._reached == {True}:
            raise failure(errno.ENOTSUP, "Socket.wait_peers", f"{self._type_name} over inproc")
        if not record.complete:
            raise RuntimeError(
                f"the peers of {self!r} are not known, since nothing watched it when it was bound "
                "or connected: call wait_peers(0) before that"
            )
        return hub, record

    def _peers(self, record: Record) -> int:
        """Return the number of peers, to a call that waits for them."""
        with self._owner.lock:
            if record.stopped:
                raise failure(errno.ENOTSOCK, "Socket.wait_peers", self._type_name)
            return record.peers

    # Subscribers

    def wait_subscribers(
        self, count: int, timeout: int | None = None, topic: bytes = b""
    ) -> list[list[bytes]]:
        """Wait until an XPUB has so many subscriptions, `timeout` milliseconds or for ever.

        Counted are the subscriptions that let messages through whose topic begins with `topic`: of
        all subscribers, several of one subscriber included. It receives what the subscribers send,
        and returns it, a list of frames for each message: mostly subscriptions, b"\\1" and the
        topic, and their ends, b"\\0" and the topic. What a call that ran out of time received is
        returned by the next one.

        It sets `xpub_verboser`, without which an XPUB does not tell of a subscription that another
        subscriber has made before. So call it right after `bind` and before anything else.

            publisher.bind("tcp://*:5555")
            publisher.wait_subscribers(2, timeout=5000)

        Raises:
            Timeout: there were fewer in time.
            NotSupported: the socket is no XPUB. A PUB does not tell who subscribes.
        """
        wait = milliseconds(timeout)
        start = time.monotonic()
        known = self._count_subscribers(count)
        while (now := known.count(topic)) < count:
            try:
                known.take(self.recv_multipart(timeout=remaining(start, wait)))
            except Again:
                raise known.timed_out(wait, now, count) from None
        return known.received()

    def _count_subscribers(self, count: int) -> Subscribers:
        """Begin to count the subscriptions of this XPUB, or count those that came since."""
        integer(count, "count", 0, INT_MAX)
        if self._subscribers is None:
            if self._type_name != "XPUB":
                raise failure(errno.ENOTSUP, "Socket.wait_subscribers", self._type_name)
            self.xpub_verboser = True
            module = import_module(".subscribers", __package__)
            self._subscribers = module.Subscribers()
        known: Subscribers = self._subscribers
        for _ in range(BATCH):  # first what is there; a peer may send more and more
            if (message := self._attempt(WHOLE)) is None:
                break
            known.take(message)
        return known


def hub_of(owner: Owner, inproc: Inproc) -> Hub:
    """Return the hub of a context, started on the first call."""
    with owner.locked(WATCH):
        owner.pointer(WATCH)  # raises after a shutdown
        if owner.hub is None:
            reserve(2, WATCH)  # the import opens files
            owner.hub = import_module(".hub", __package__).Hub(owner, inproc)
        hub: Hub = owner.hub
        return hub


def log_of() -> Any:
    """Return the module that logs if a program wants it; None, and nothing is imported, if not."""
    if "logging" not in sys.modules:
        return None
    log = import_module(".log", __package__)
    return log if log.wanted() else None
