"""The blocking client. There is no thread behind it: the threads that wait for calls do the work.

One of them, the leader, sends, receives and keeps the time, for all. The others, its followers,
wait for their gate, a lock that the leader releases when there are news for them. A leader that has
what it wanted opens the gate of a follower, which leads from then on. `_lock` protects the protocol
and the list of followers; only the leader uses the sockets.

The leader sleeps on the descriptors of the sockets, not in the sockets. libzmq's descriptor tells
of a message once, and a send may take that away. So `_unread` has the sockets that were sent to, or
not read to the end: the leader looks into them before it sleeps.
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, Self, TypeVar, Unpack

from ..constants import DONTWAIT, Event
from ..context import Context
from ..transfer import PARTS
from . import wire
from .call import Closing, Method, Waker, clock
from .calling import ClientCall, Link
from .requests import Caller, CallOptions, Caption, Options, Reader, result

T = TypeVar("T")

LOOK_MS: Final = 50
"""After so long a leader looks at what has happened before it sends."""

IN: Final = int(Event.POLLIN)

SLICE_MS: Final = 1000
"""The longest sleep: sockets that another thread closes with their context may not end it."""

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
        self._leader = threading.Lock()
        self._followers: dict[ClientCall, Any] = {}
        self._looked = 0  # when
        self._sleeping = False
        self._unread: set[Link] = set()
        self._waker = Waker()
        self._poll = select.poll()
        self._woken: dict[int, Callable[[int], None]] = {}  # what to do, by descriptor
        self._watch(self._waker.fd, lambda now: self._waker.clear())
        with self._leader, self._lock:
            self._open(clock())  # connects meanwhile

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

    def _call(self, method: Method, request: Any, **options: Unpack[CallOptions]) -> Any:
        call = self._begin(method, request, **options)
        if method.streaming:
            self._nudge()  # sends the request
            return Stream[Any](self, call)
        try:
            self._until(call)
            return result(call)
        finally:
            if self._hook or not call.ended:
                self._leave(call)

    # Who does the work

    def _until(self, call: ClientCall) -> None:
        """Wait until a call has ended, or has items; meanwhile do the work for all, or follow."""
        while not (call.ended or call.items):
            if not self._leader.acquire(False):
                self._follow(call)
                continue
            try:
                while True:
                    if self._round(call):
                        break
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
            if self._sleeping:  # the leader is not to wait for its own news only
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
            self._round(None)
        finally:
            self._leader.release()
            self._promote()

    # The leader

    def _round(self, call: ClientCall | None) -> bool:
        """Send what there is to send, wait until something happens, and deal with it.

        Returns whether there are news about the call; does not wait if there are, or without one.
        """
        if self._closed:
            raise RuntimeError("the Client is closed")
        protocol = self._protocol
        with self._lock:
            now = clock()
            if now - self._looked > LOOK_MS:
                self._look(self._poll.poll(0), now)
            if call and (call.ended or call.items):  # another leader, or the look, has seen to it
                return True
            self._send()  # before all that does not make it later
            due = protocol.next() or now + SLICE_MS
            if due <= now:
                protocol.tick(now)
                self._open(now)
                self._send()
            unread, self._unread = self._unread, set()
            wait = max(0, min(due - now, SLICE_MS)) if call else 0
            for link in unread:
                if link.driver and link.driver[0]._ready() & IN:
                    self._read(link, now)
                    wait = 0
            if protocol.news:
                wait = 0
            self._sleeping = True  # from here on a new call has to wake it
        found = self._poll.poll(wait)
        self._sleeping = False
        with self._lock:
            self._look(found, clock())
            return call is not None and (call.ended or bool(call.items))

    def _look(self, found: list[tuple[int, int]], now: int) -> None:
        """Deal with what the descriptors tell of."""
        self._looked = now
        for descriptor, _ in found:
            if woken := self._woken.get(descriptor):  # else it was closed just now
                woken(now)
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
                break
        self._unread.add(link)

    def _send(self) -> None:
        outgoing = self._protocol.outgoing
        for link, frames in outgoing:
            link.driver[0].send_multipart(frames, DONTWAIT)
            self._unread.add(link)
        outgoing.clear()

    def _tell(self, calls: list[ClientCall]) -> None:
        """Open the gates of those who wait for these calls."""
        for call in calls if self._followers else ():
            if gate := self._followers.pop(call, None):
                gate.release()
        calls.clear()

    def _watch(self, descriptor: int, woken: Callable[[int], None]) -> None:
        self._woken[descriptor] = woken
        self._poll.register(descriptor, select.POLLIN)

    def _open(self, now: int) -> None:
        for link in self._protocol.closed(now):
            socket, monitor = self._connect(link)
            link.driver = socket, monitor, (socket.fd, monitor.socket.fd)
            for descriptor, woken in zip(link.driver[2], (self._read, self._lose), strict=True):
                self._watch(descriptor, partial(woken, link))
            self._lose(link, now)  # the descriptor tells of what comes after a look

    def _lose(self, link: Link, now: int) -> None:
        """Give a connection up if it has ended."""
        if link.driver[1].socket.poll(0):
            self._shut(link)
            self._protocol.lost(link, now)

    def _shut(self, link: Link) -> None:
        if link.driver is not None:
            (socket, monitor, descriptors), link.driver = link.driver, None
            for descriptor in descriptors:
                del self._woken[descriptor]
                self._poll.unregister(descriptor)
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
