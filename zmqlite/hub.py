"""The hub of a context: one thread that reads the events of all watched sockets and passes them on.

libzmq has one monitor per socket, and blocks its I/O thread when nobody receives the events. So the
hub monitors a socket once, from the first subscriber on until the socket is closed, and receives
the events with a PAIR socket without a high-water mark. Events that the thread has not read yet use
memory and do no other harm.

Each subscriber is a Feed: a pair of inproc PAIR sockets with a high-water mark. The hub sends
without waiting and counts what does not fit. The other end is an ordinary Socket, so a subscriber
waits for events as for messages: blocking, in a Poller, in a Reactor or with asyncio.

The hub uses the lock of the Owner, so there is no order of locks to respect. It does not know the
Context: the garbage collector can still end a context whose sockets are watched.
"""

from __future__ import annotations

import errno
import itertools
import os
import signal
import sys
from _thread import allocate_lock, get_ident, start_new_thread

from ._direct import poll
from ._zmq import ffi, lib
from .constants import Event, MonitorEvent, SocketType
from .errors import Again, ContextTerminated, SocketClosed, failure
from .inproc import INPROC
from .owner import GRACE
from .peers import FAILED, OPENED, Record, peer_of
from .transfer import DONTWAIT, WHOLE, Transfer
from .waiting import EVENTS, until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from ._direct import Handle
    from .inproc import Inproc
    from .owner import Owner
    from .peers import Raw

CALL: Final = "zmq_socket_monitor"

_ORDER: Final = sys.byteorder

BATCH: Final = 256
"""Events that the thread reads from one socket before it looks at the others."""

FOLLOWING: Final = 10
"""Milliseconds that the thread waits for the event that follows the failure of a handshake."""

_STOPPED: Final = int(MonitorEvent.MONITOR_STOPPED)

_BLOCKED: Final = signal.valid_signals() - {
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSEGV,
}
"""Signals that a thread causes itself; faulthandler reports them."""

_numbers = itertools.count(1)


class Feed:
    """The hub's end of a subscriber: a PAIR socket that is bound, and the events it wants.

    `record` is the watched socket, None for all sockets of the context. `dropped` counts the events
    that found the queue full.
    """

    __slots__ = ("dropped", "endpoint", "hub", "last", "mask", "record", "sender")

    def __init__(self, hub: Hub, record: Record | None, mask: int, queue: int) -> None:
        self.hub: Hub = hub
        self.record: Record | None = record
        self.mask: int = mask
        self.dropped: int = 0
        self.last: list[bytes] | None = None  # the last event, which waits for room in the queue
        self.endpoint: str = f"{INPROC}zmqlite.monitor.{next(_numbers)}"
        self.sender: Transfer = hub.pair(queue)
        code = _reach(lib.zl_bind, self.sender, self.endpoint.encode())
        if code < 0:
            hub.close_pair(self.sender)
            raise failure(-code, CALL)

    def send(self, frames: list[bytes]) -> bool:
        """Send one event if there is room."""
        return self.sender._handle.send_multipart(frames, DONTWAIT) != -errno.EAGAIN

    def end(self) -> None:
        """Stop sending; from any thread, and also from the garbage collector."""
        self.hub.unsubscribe(self)


class Receiver(Transfer):
    """The other end of a feed, for the library itself."""

    __slots__ = ("feed",)

    feed: Feed

    def close(self) -> None:
        """Stop receiving events."""
        self.feed.end()
        self.feed.hub.close_pair(self)


class Hub:
    """The watched sockets of one context, its subscribers, and the thread between them."""

    __slots__ = (
        "_feeds",
        "_inproc",
        "_items",
        "_leaving",
        "_left",
        "_records",
        "_running",
        "_stale",
        "_thread",
        "_wake",
        "everything",
        "logged",
        "owner",
    )

    def __init__(self, owner: Owner, inproc: Inproc) -> None:
        self.owner: Owner = owner
        self._inproc = inproc
        self._records: set[Record] = set()
        self._feeds: set[Feed] = set()  # all, by socket and by context
        self._leaving: set[Feed] = set()  # those whose last event waits for room
        self._left: list[Feed] = []  # those of them that were unsubscribed, to be closed
        self.logged: bool = False  # what happens is logged
        self.everything: bool = False  # sockets that are made from now on are watched, too
        self._stale = True  # what the thread waits for has changed
        self._items: tuple[Any, ...] = ()
        self._running = allocate_lock()  # held by the thread, for `join`
        self._thread = 0
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        try:
            self._running.acquire()
            self._thread = start_new_thread(self._run, ())
        except BaseException:
            self._close_wake()  # the thread may have started, and ends then
            raise

    # Called with the lock of the owner, by whoever watches

    def watch(self, handle: Handle, kind: str, complete: bool) -> Record:
        """Monitor a socket from now on; `complete` if it has neither bound nor connected yet."""
        endpoint = f"{INPROC}zmqlite.monitor.{next(_numbers)}".encode()
        receiver = self.pair(0)
        try:
            # Connected before libzmq binds, since libzmq blocks on an event that it cannot send.
            self._inproc.connecting(endpoint)
            code = _reach(lib.zl_connect, receiver, endpoint)
            if code == 0:
                code = until(
                    lambda _: lib.zl_monitor(handle.pointer, endpoint, MonitorEvent.ALL), 0
                )
            if code < 0:
                raise failure(-code, CALL, kind)
        except BaseException:
            self.close_pair(receiver)
            self._inproc.bind_spare(endpoint)
            raise
        self._inproc.bound(endpoint)
        self._inproc.unbound([endpoint])  # nobody else will connect to it
        record = Record(f"{kind}-{next(_numbers)}", kind, receiver, complete)
        self._records.add(record)
        self._change()
        return record

    def subscribe(self, record: Record | None, mask: int, queue: int) -> Feed:
        """Return a new feed of a watched socket, or of all that are watched."""
        feed = Feed(self, record, mask, queue)
        self._feeds.add(feed)
        if record is not None and record.stopped:
            self._stop(feed, record)
        return feed

    def attach(self, receiver: Transfer, record: Record | None, mask: int, queue: int) -> Feed:
        """Let a PAIR socket receive events, so many of which may wait for it."""
        receiver.linger = 0
        receiver.rcvhwm = queue // 2  # the queue is what both ends hold
        feed = self.subscribe(record, mask, queue - queue // 2)
        code = _reach(lib.zl_connect, receiver, feed.endpoint.encode())
        if code < 0:
            feed.end()
            raise failure(-code, CALL)
        return feed

    def receiver(self, record: Record | None, mask: int, queue: int) -> Receiver:
        """Return a subscriber of our own, which does not keep the context alive."""
        receiver = Receiver(self.owner.open(SocketType.PAIR, CALL, "PAIR"), "PAIR")
        try:
            receiver.feed = self.attach(receiver, record, mask, queue)
        except BaseException:
            self.close_pair(receiver)
            raise
        return receiver

    def pair(self, queue: int) -> Transfer:
        """Open a PAIR socket with these high-water marks."""
        pair = Transfer(self.owner.open(SocketType.PAIR, CALL, "PAIR"), "PAIR")
        pair.linger = 0
        pair.sndhwm = pair.rcvhwm = queue
        return pair

    def close_pair(self, pair: Transfer) -> None:
        """Close a PAIR socket of the hub."""
        self.owner.close(pair._handle)

    def unsubscribe(self, feed: Feed) -> None:
        """Forget a feed and close its socket."""
        if self.owner.forked:
            return
        with self.owner.lock:
            self._feeds.discard(feed)
            if feed in self._leaving:
                self._leaving.discard(feed)
                self._left.append(feed)  # the thread may be waiting in the socket; it closes it
                self._change()
            else:
                self.close_pair(feed.sender)

    def tell(self, kind: int, value: int, endpoint: str, *known: str) -> None:
        """Pass on an event that is not libzmq's to who watches the context.

        `known` are the attributes of the SocketEvent that are no part of the tuple, in order.
        """
        with self.owner.locked(CALL):
            for feed in tuple(self._feeds):
                if feed.record is None and feed.mask & kind:
                    frames = [_head(kind, value), endpoint.encode(), "\0".join(known).encode()]
                    if not feed.send(frames):
                        feed.dropped += 1

    def dropped(self, record: Record) -> int:
        """Return how many events the subscribers of one socket have missed."""
        return sum(feed.dropped for feed in self._feeds if feed.record is record)

    def wake(self) -> None:
        """Let the thread look at what has changed; with the lock."""
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def join(self) -> None:
        """Wait until the thread has ended after a shutdown, at most for the grace period."""
        if get_ident() != self._thread and self._running.acquire(timeout=GRACE / 1000):
            self._running.release()

    def _change(self) -> None:
        self._stale = True
        self.wake()

    # The thread

    def _run(self) -> None:
        try:
            # Signals are for other threads: one here could interrupt the sending of an event.
            signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
            with self.owner.lock:  # which the context holds until it has its hub
                made = self.owner.hub is self
            while True:
                if not made or self.owner.shut:
                    break
                self._round()
        except (ContextTerminated, SocketClosed):
            pass
        finally:
            try:
                with self.owner.lock:
                    self._close_wake()
            finally:
                self._running.release()  # whatever ended the thread, or `join` waits for nobody

    def _close_wake(self) -> None:
        """Close the descriptor, once; with the lock."""
        wake, self._wake = self._wake, -1
        if wake >= 0:
            os.close(wake)

    def _round(self) -> None:
        """Wait until events are there or something has changed, and deal with it."""
        if self._stale:
            self._items = self._build()
        sockets, native, objects, _ = self._items
        found = poll(sockets, native, objects, EVENTS, -1)
        if isinstance(found, int):
            self._stale = True  # a socket was closed; or the context was shut down
            return
        for item, _ in found:
            if isinstance(item, Record):
                self._read(item)
            elif isinstance(item, Feed):
                self._finish(item)
            else:
                try:
                    os.eventfd_read(self._wake)
                except BlockingIOError:
                    pass

    def _build(self) -> tuple[Any, ...]:
        with self.owner.lock:
            self._stale = False
            for _ in range(len(self._left)):
                self.close_pair(self._left.pop().sender)
            waiting: list[tuple[Any, Transfer, int]] = [
                *((record, record.receiver, Event.POLLIN) for record in self._records),
                *((feed, feed.sender, Event.POLLOUT) for feed in self._leaving),
            ]
        size = len(waiting) + 1
        sockets = ffi.new("zl_socket *[]", size)
        native = ffi.new("zmq_pollitem_t[]", size)
        native[0].fd = self._wake
        native[0].events = Event.POLLIN
        for index, (_, pair, events) in enumerate(waiting, 1):
            sockets[index] = pair._pointer
            native[index].events = events
        addresses = (int(ffi.cast("intptr_t", array)) for array in (sockets, native))
        objects = (None, *(item for item, _, _ in waiting))
        return (*addresses, objects, (sockets, native))

    def _read(self, record: Record) -> None:
        """Read what is there of the events of one socket, and pass it on."""
        batch: list[Raw] = []
        while len(batch) < BATCH and (frames := record.receiver._attempt(WHOLE)) is not None:
            _append(batch, frames)
        if batch and batch[-1][0] & FAILED:
            # What follows says which connection it was: libzmq sends both at once.
            try:
                _append(batch, record.receiver.recv_multipart(timeout=FOLLOWING))
            except Again:
                pass
        with self.owner.lock:
            for index, (kind, value, endpoint, _) in enumerate(batch):
                known = record.described(endpoint, *record.apply(batch, index))
                self._pass_on(record, kind, [_head(kind, value), endpoint, known])
            if batch and batch[-1][0] == _STOPPED:
                self._forget(record)

    def _pass_on(self, record: Record, kind: int, frames: list[bytes]) -> None:
        for feed in tuple(self._feeds):
            wanted = feed.mask & kind and feed.record in (None, record)
            if wanted and (feed.record is None or kind != _STOPPED) and not feed.send(frames):
                feed.dropped += 1

    def _forget(self, record: Record) -> None:
        """Let go of a socket that was closed."""
        record.stopped = True
        self._records.discard(record)
        self._stale = True
        self.close_pair(record.receiver)
        for feed in tuple(self._feeds):
            if feed.record is record:
                self._stop(feed, record)

    def _stop(self, feed: Feed, record: Record) -> None:
        """Send a feed its last event, now or when there is room."""
        feed.last = [_head(_STOPPED, 0), b"", record.described(b"")]
        if not feed.send(feed.last):
            self._leaving.add(feed)
            self._change()

    def _finish(self, feed: Feed) -> None:
        with self.owner.lock:
            if feed in self._leaving and feed.last is not None and feed.send(feed.last):
                self._leaving.discard(feed)
                self._stale = True


def _reach(function: Any, pair: Transfer, endpoint: bytes) -> int:
    """Bind or connect, whatever signals come."""
    return until(lambda _: int(function(pair._pointer, endpoint)), 0)


def _head(kind: int, value: int) -> bytes:
    return kind.to_bytes(2, _ORDER) + value.to_bytes(4, _ORDER)


def _append(batch: list[Raw], frames: list[bytes]) -> None:
    """Append an event, and who is at the other end of a connection that was opened."""
    if len(frames) == 2:  # otherwise libzmq has lost one frame of it because of a signal
        kind = int.from_bytes(frames[0][:2], _ORDER)
        value = int.from_bytes(frames[0][2:], _ORDER)
        peer = peer_of(value, frames[1]) if kind & OPENED else ""
        batch.append((kind, value, frames[1], peer))
