"""The blocking client. There is no thread behind it: the threads that wait for calls do the work.

One of them, the leader, sends, receives and keeps the time, for all. The others, its followers,
wait for their gate, a lock that the leader releases when there are news for them. A leader that has
what it wanted opens the gate of a follower, which leads from then on. `_lock` protects the protocol
and the list of followers; only the leader uses the sockets.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Final, Self, TypeVar, Unpack

from ..constants import DONTWAIT, POLLIN
from ..context import Context
from ..poll import Poller
from ..transfer import PARTS
from . import wire
from .call import Closing, Method, Waker, clock
from .calling import ClientCall, Link
from .requests import Caller, CallOptions, Caption, Options, Reader, result

T = TypeVar("T")

LOOK_MS: Final = 50
"""After so long a leader looks at what has happened before it sends."""

GRACE_S: Final = 1
"""Seconds that `close` waits for the leader."""

AT_ONCE: Final = 64
"""Messages that are received from one server before the others get their turn."""


class Client(Closing, Caller):
    """Calls methods of servers: one endpoint for each server.

        client = rpc.Client(context, "tcp://a:5555", "tcp://b:5555")
        greeter = greeter_rpc.GreeterClient(client)
        reply = greeter.hello(HelloRequest(name="you"), timeout=500)

    A call goes to the server with the fewest calls of this client; one that is lost gets none until
    it is back. `timeout` is for calls that are made without one, in milliseconds, -1 for ever.
    `limit` bounds the bytes of a request and of a reply, attachments are bounded by the option
    `maxmsgsize`. `hook` is called with an Ended after each call, in its thread. `options` are for
    the DEALER sockets, such as those for CURVE.

    Any thread may make calls. There is no thread behind it, so nothing is received between calls.
    """

    def __init__(self, context: Context, *endpoints: str, **options: Unpack[Options]) -> None:
        super().__init__(context, *endpoints, **options)
        self._links: dict[object, tuple[Link, bool]] = {}  # by what is polled; whether the monitor
        self._leader = threading.Lock()
        self._followers: dict[ClientCall, Any] = {}
        self._polled = 0  # when
        self._polling = False
        self._waker = Waker()
        self._poller = Poller()
        self._poller.register(self._waker.fd, POLLIN)
        with self._leader, self._lock:
            self._open()  # connects meanwhile

    def close(self) -> None:
        """Close all connections; calls under way in other threads raise RuntimeError."""
        self._closed = True
        self._waker.set()  # the leader leaves, and so does everybody who leads after it
        if self._leader.acquire(timeout=GRACE_S):
            for link in self._protocol.links:
                self._shut(link)
            self._waker.close()
            self._leader.release()

    # Calls

    def _call(self, method: Method, request: Any, options: CallOptions) -> Any:
        call = self._begin(method, request, **options)
        if method.streaming:
            self._nudge()  # sends the request
            return Stream[Any](self, call)
        try:
            self._until(call)
            return result(call)
        finally:
            self._leave(call)

    # Who does the work

    def _until(self, call: ClientCall) -> None:
        """Wait until a call has ended, or has items."""
        while not (call.ended or call.items):
            (self._lead if self._leader.acquire(blocking=False) else self._follow)(call)

    def _lead(self, call: ClientCall) -> None:
        """Do the work for all until there are news about a call; the caller holds `_leader`."""
        try:
            while True:  # another leader may have ended it
                if call.ended or call.items:
                    break
                self._round(True)
        finally:
            self._leader.release()
            if self._followers:
                self._promote()

    def _follow(self, call: ClientCall) -> None:
        """Wait for news about a call, or to be the leader."""
        gate = threading.Lock()
        gate.acquire()
        with self._lock:
            if call.ended or call.items:
                return
            self._followers[call] = gate
        try:
            if not self._leader.locked():
                return  # it has what it wanted
            if self._polling:  # the leader is not to wait for its own news only
                self._waker.set()
            gate.acquire()
        finally:
            self._followers.pop(call, None)

    def _promote(self) -> None:
        """Let a follower lead."""
        with self._lock:
            self._tell([*self._followers][:1])

    def _nudge(self) -> None:
        """Have sent what there is to send, without waiting."""
        if self._closed or not self._leader.acquire(blocking=False):
            self._waker.set()
            return
        try:
            self._round(False)
        finally:
            self._leader.release()
            self._promote()

    # The leader

    def _round(self, may_wait: bool) -> None:
        """Send what there is to send, wait until something happens, and deal with it."""
        if self._closed:
            raise RuntimeError("the Client is closed")
        protocol, now = self._protocol, clock()
        if now - self._polled > LOOK_MS:
            self._poll(0)
        wait = 0
        with self._lock:
            self._send()  # before all that does not make it later
            due = protocol.next()
            if due is not None and due <= now:
                protocol.tick(now)
                self._open()
                self._send()
                due = protocol.next()
            if protocol.news:
                self._tell(protocol.news)
            elif may_wait:
                wait = -1 if due is None else max(0, due - now)
                self._polling = True  # from here on a new call has to wake it
        self._poll(wait)

    def _poll(self, wait: int) -> None:
        found = self._poller.poll(wait)
        self._polling = False
        self._polled = now = clock()
        with self._lock:
            for item, _ in found:
                if item == self._waker.fd:
                    self._waker.clear()
                elif item in self._links:  # else it was closed just now
                    link, lost = self._links[item]
                    (self._look if lost else self._read)(link, now)
            if self._protocol.outgoing:
                self._send()
            if self._protocol.news:
                self._tell(self._protocol.news)

    def _read(self, link: Link, now: int) -> None:
        attempt, receive = link.driver[0]._attempt, self._protocol.receive
        for _ in range(AT_ONCE):
            parts = attempt(PARTS, wire.PARTS)
            if parts is None:
                return
            receive(link, parts, now)
            if not link.calls:
                return

    def _send(self) -> None:
        outgoing = self._protocol.outgoing
        for link, frames in outgoing:
            link.driver[0].send_multipart(frames, DONTWAIT)
        outgoing.clear()

    def _tell(self, calls: list[ClientCall]) -> None:
        """Open the gates of those who wait for these calls."""
        for call in calls:
            if gate := self._followers.pop(call, None):
                gate.release()
        calls.clear()

    def _open(self) -> None:
        now = clock()
        for link in self._protocol.closed(now):
            socket, monitor = self._connect(link)
            link.driver = socket, monitor, monitor.socket.fd
            # The monitor by its descriptor, so that it is not looked into in each round.
            for item, lost in ((socket, False), (monitor.socket.fd, True)):
                self._links[item] = link, lost
                self._poller.register(item, POLLIN)
            self._look(link, now)  # the descriptor tells of what comes after a look

    def _look(self, link: Link, now: int) -> None:
        """Give a connection up if it has ended."""
        if link.driver[1].socket.poll(0):
            self._shut(link)
            self._protocol.lost(link, now)

    def _shut(self, link: Link) -> None:
        if link.driver is not None:
            (socket, monitor, descriptor), link.driver = link.driver, None
            for item in (socket, descriptor):
                del self._links[item]
                self._poller.unregister(item)
            monitor.close()
            socket.close(0)


class Stream(Reader[T], Closing, Iterator[T]):
    """The items of a stream, to be iterated over; by one thread at a time.

    It ends when the server has sent all, and raises RpcError if that did not end well. To leave it
    early, `close` it, or use it in a `with` statement: the server then stops.
    """

    def __next__(self) -> T:
        if not self._call.items:
            if self._over:
                raise StopIteration
            self._client._until(self._call)
        return self._take(StopIteration)

    def __del__(self) -> None:
        if not self._over and not self._call.ended:
            self.close()


class Stub(Caption):
    """The base of clients of one service: the class that protoc-gen-zmqlite makes of it.

    The first argument is a Client, or a context; in the latter case the rest are the arguments of a
    Client that is made for this service. At the end of a `with` statement that one is closed.
    """

    _CLIENT = Client

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own:
            self._client.close()


Client._STUB = Stub
