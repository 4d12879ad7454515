"""The client's side of the protocol: frames and time in, frames and news out; nothing waits here.

A driver opens a socket for every Link, says so with `opened`, and hands what it receives to
`receive`. When a connection is lost it says `lost`, and opens another socket. It calls `tick` when
`next` says so, sends what is in `outgoing`, and looks at the calls in `news`, which have ended or
have new items.

Where a call is sent again. One that the server says it did not begin is sent again, to another
server where there is one. One that may have been begun is sent again only if it is `idempotent`.
Any other one waits for its server for a while, if the connection was lost: the same incarnation may
have the reply, another one cannot have it.
"""

from __future__ import annotations

import os
import random
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from . import wire
from .status import Executed, RpcError, Status
from .timers import Timers
from .wire import Kind, Part

RESUME_MS: Final = 1000
"""How long a call whose connection was lost waits for the same incarnation of the server."""

AVOID_MS: Final = 1000
"""How long a server gets no calls after it said that it is ending."""

REOPEN_MS: Final = 250
"""The least time between the openings of a connection that came to nothing."""

BACKOFF_MS: Final = (10, 1000)
"""The wait before a call is sent again: at first, and at most; doubled each time."""

WINDOW: Final = 1024
"""Items of a stream that may be on their way, or wait to be read."""

_REQUEST, _WELCOME, _REPLY, _ITEM, _STATUS = map(
    int, (Kind.REQUEST, Kind.WELCOME, Kind.REPLY, Kind.ITEM, Kind.STATUS)
)


@dataclass(slots=True, eq=False)
class Link:
    """One server as a client knows it.

    `calls` are those that wait for its answer, also those whose connection was lost: they have a
    time of `retry`.
    """

    endpoint: str
    incarnation: bytes = b""  # of the server at the other end, once it has said so
    named: bytes = b""  # the field of a request that names it
    last: bytes = b""  # before the connection was lost
    limit: int = 0  # bytes of a payload that it takes
    avoid: int = 0  # until when it gets no calls
    reopen: int | None = 0  # when a socket is to be opened; None if one is open
    used: int = 0  # the number of the last call
    calls: dict[bytes, ClientCall] = field(default_factory=dict)
    driver: Any = None  # its sockets


class ClientCall:
    """A call under way; `waiter`, `outcome` and `start` are the driver's.

    Once it has `ended`, either `error` is set, or `envelope` and `parts` are the reply.
    """

    waiter: Any = None
    outcome: Any = None
    start: int = 0
    link: Link | None = None
    attempts: int = 0
    deadline: int | None = None
    retry: int | None = None  # when it is sent again, or given up
    sent: bool = False  # it may have been executed
    doubtful: bool = False  # an attempt before the last may have been
    ended: bool = False
    error: RpcError | None = None
    envelope: Any = None
    parts: Sequence[Part] = ()
    items: Any = ()  # a deque of payloads if it is a stream
    window: int = WINDOW  # items that the server may still send
    taken: int = 0  # items that were read since the last credit

    def __init__(self, name: bytes, method: Any, head: bytes, frames: Sequence[Any]) -> None:
        self.id = name
        self.method = method
        self.head = head  # the fields of the envelope that do not change
        self.frames = frames  # payload, attachments
        if method.streaming:
            self.items = deque()


class ClientProtocol:
    """All calls of one client. `methods` of it belong to one thread at a time."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self.links: Final = [Link(endpoint) for endpoint in endpoints]
        self.outgoing: list[tuple[Link, list[Any]]] = []
        self.news: list[ClientCall] = []
        self._prefix = os.urandom(8)
        self._count = random.getrandbits(48)
        self._ready: list[Link] = []  # that may get calls
        self._waiting: dict[ClientCall, None] = {}  # for a server
        self._timers: Timers[ClientCall | Link] = Timers()
        self.next: Final = self._timers.next
        """When to call `tick`; None if there is no need to."""

    # Connections

    def closed(self, now: int) -> list[Link]:
        """Return the servers that the driver is to open a socket for, and then say `opened`."""
        return [link for link in self.links if link.reopen is not None and now >= link.reopen]

    def opened(self, link: Link) -> None:
        """Take note that a socket is connecting: the server is asked who it is."""
        link.reopen = None
        self.outgoing.append((link, [wire.more(kind=int(Kind.HELLO), version=wire.VERSION)]))

    def lost(self, link: Link, now: int) -> None:
        """Take note that a connection has ended; what it was to carry is dropped."""
        self.outgoing = [each for each in self.outgoing if each[0] is not link]
        link.reopen = now if link.incarnation else now + REOPEN_MS
        self._timers.add(link.reopen, link)
        link.last, link.incarnation = link.incarnation or link.last, b""
        self._choose(now)
        for call in [call for call in link.calls.values() if call.retry is None]:
            fresh = call.window == WINDOW and not call.taken and not call.items
            if call.method.idempotent and fresh:
                del link.calls[call.id]
                call.doubtful = True
                self._again(call, now)
            elif call.method.streaming:
                self._fail(call, Status.UNAVAILABLE, f"the connection to {link.endpoint} was lost")
            else:
                call.retry = now + RESUME_MS
                self._timers.add(call.retry, call)

    def _welcome(self, link: Link, envelope: Any, now: int) -> None:
        if not envelope.incarnation or envelope.version != wire.VERSION:
            return
        link.incarnation, link.limit = envelope.incarnation, envelope.limit
        link.named = wire.incarnation_field(link.incarnation)
        link.avoid = 0 if link.incarnation != link.last else link.avoid
        self._choose(now)
        for call in [call for call in link.calls.values() if call.retry is not None]:
            self._timers.discard(call.retry, call)
            call.retry = None
            if link.incarnation == link.last:
                self.outgoing.append((link, [wire.head(Kind.RESUME, call.id) + link.named]))
            else:
                self._fail(call, Status.UNAVAILABLE, f"the server at {link.endpoint} has ended")
        self._place_waiting(now)

    # Calls

    def start(
        self, method: Any, frames: Sequence[Any], timeout: int, now: int, extra: bytes = b""
    ) -> ClientCall:
        """Begin a call: payload and attachments, `timeout` in milliseconds or -1.

        `method` is a Method, `extra` is what wire.extra returns.
        """
        name = self._name()
        call = ClientCall(name, method, wire.head(_REQUEST, name) + method.field + extra, frames)
        if timeout >= 0:
            call.deadline = now + timeout + 1  # `now` was rounded down
            self._timers.add(call.deadline, call)
        self._place(call, now)
        return call

    def _name(self) -> bytes:
        self._count += 1
        return self._prefix + self._count.to_bytes(8, "big")

    def cancel(self, call: ClientCall) -> None:
        """End a call whose result nobody wants."""
        self._end_early(call, Status.CANCELLED, "the client has cancelled it")

    def unfinished(self) -> list[ClientCall]:
        """Return all calls that have not ended; they will not be sent again."""
        known = [*self._waiting, *self._timers.expired(sys.maxsize)]
        for link in self.links:
            known += link.calls.values()
        return [each for each in dict.fromkeys(known) if isinstance(each, ClientCall)]

    def credit_due(self, call: ClientCall) -> bool:
        """Take note that an item was read; whether it is time to `grant` the server more."""
        call.taken += 1
        return call.taken >= WINDOW // 2

    def grant(self, call: ClientCall) -> None:
        """Let the server send as many items as were read."""
        if not call.ended and call.link is not None:
            credit = wire.more(credit=call.taken)
            self.outgoing.append((call.link, [wire.head(Kind.CREDIT, call.id) + credit]))
            call.window += call.taken
        call.taken = 0

    def _choose(self, now: int) -> None:
        """Take note of the servers that may get calls."""
        self._ready = [link for link in self.links if link.incarnation and now >= link.avoid]

    def _place(self, call: ClientCall, now: int) -> None:
        """Send a call to the server with the fewest calls, or let it wait for one."""
        ready = self._ready
        if not ready:
            self._waiting[call] = None
            return
        link = ready[0]
        if len(ready) > 1:  # of equally busy ones the one whose last call is the oldest
            link = min(ready, key=lambda link: (len(link.calls), link.used))
            link.used = self._count
        if len(call.frames[0]) > link.limit:
            text = f"a request of {len(call.frames[0])} bytes is over the server's {link.limit}"
            self._fail(call, Status.RESOURCE_EXHAUSTED, text, Executed.NO)
            return
        call.link = link
        call.attempts += 1
        call.sent = True
        link.calls[call.id] = call
        head = call.head + link.named
        if call.deadline is not None:
            head += wire.timeout_field(call.deadline - 1 - now)
        self.outgoing.append((link, [head, *call.frames]))

    def _again(self, call: ClientCall, now: int) -> None:
        """Send a call again after a while: to a server that is there by then.

        A stream is another call then: its server may have sent items that did not come.
        """
        call.link = None
        if call.method.streaming:
            fields = call.head[len(wire.head(_REQUEST, call.id)) :]
            call.id = self._name()
            call.head = wire.head(_REQUEST, call.id) + fields
        least, most = BACKOFF_MS
        pause = min(most, least << min(call.attempts, 10))
        if call.deadline is not None:  # so that there is time for another attempt
            pause = min(pause, max(1, (call.deadline - now) // 2))
        call.retry = now + random.randint(pause // 2, pause)
        self._timers.add(call.retry, call)

    def _place_waiting(self, now: int) -> None:
        waiting, self._waiting = self._waiting, {}
        for call in waiting:
            self._place(call, now)

    # Messages

    def receive(self, link: Link, parts: Sequence[Part], now: int) -> None:
        """Take a message of a server."""
        envelope = wire.decode(parts[0])
        call = None if envelope is None else link.calls.get(envelope.id)
        if call is None:  # it has ended, or the message is none about a call
            if envelope is not None and envelope.kind == _WELCOME:
                self._welcome(link, envelope, now)
            return
        kind = envelope.kind
        if kind == _REPLY:
            if len(parts) - envelope.attachments != 2 or call.method.streaming:
                self._malformed(call)
            else:
                self._end(call, envelope, parts)
        elif kind == _ITEM:
            self._items(call, envelope, parts)
        elif kind == _STATUS:
            self._status(call, envelope, link, now)

    def _items(self, call: ClientCall, envelope: Any, parts: Sequence[Part]) -> None:
        end = len(parts) - envelope.attachments
        payloads = end - 1
        call.window -= payloads
        single = envelope.attachments == 0 or payloads == 1
        if not call.method.streaming or payloads < 1 or call.window < 0 or not single:
            self._malformed(call)
            return
        call.items.extend(parts[1:end])
        self.news.append(call)

    def _status(self, call: ClientCall, envelope: Any, link: Link, now: int) -> None:
        if envelope.status == Status.OK:
            if call.method.streaming:
                self._end(call, envelope, ())
            else:
                self._malformed(call)
            return
        error = wire.error_in(envelope)
        if error.status == Status.UNAVAILABLE and error.executed == Executed.NO:
            del link.calls[call.id]
            link.avoid = now + AVOID_MS
            self._timers.add(link.avoid, link)
            self._choose(now)
            call.sent = call.doubtful
            self._again(call, now)
            return
        if call.doubtful and error.executed == Executed.NO:
            error.executed = Executed.UNKNOWN
        call.error = error
        self._end(call, envelope, ())

    def _malformed(self, call: ClientCall) -> None:
        text = "the server has sent what does not belong to such a call"
        self._end_early(call, Status.INTERNAL, text)

    # The end of a call

    def _end(self, call: ClientCall, envelope: Any, parts: Sequence[Part]) -> None:
        if call.ended:
            return
        call.ended = True
        call.envelope, call.parts = envelope, parts
        self._timers.discard(call.deadline, call)
        if call.retry is not None:
            self._timers.discard(call.retry, call)
        if call.link is None or call.link.calls.pop(call.id, None) is None:  # it was not under way
            self._waiting.pop(call, None)
        self.news.append(call)

    def _fail(
        self, call: ClientCall, status: Status, text: str, executed: Executed = Executed.UNKNOWN
    ) -> None:
        call.error = RpcError(status, text, executed=executed)
        self._end(call, None, ())

    def _end_early(self, call: ClientCall, status: Status, text: str) -> None:
        """End a call that its server may be working on."""
        if call.ended:
            return
        link = call.link
        if link is not None and call.retry is None:
            self.outgoing.append((link, [wire.head(Kind.CANCEL, call.id)]))
        executed = Executed.UNKNOWN if call.sent else Executed.NO
        self._fail(call, status, text, executed)

    # Time

    def tick(self, now: int) -> None:
        """End what has expired, and send again what is due."""
        for each in self._timers.expired(now):
            if isinstance(each, Link):  # it may be opened, or gets calls again
                self._choose(now)
            elif each.deadline is not None and each.deadline <= now:
                self._expire(each)
            elif each.link is None:
                each.retry = None
                self._place(each, now)
            else:
                text = f"the connection to {each.link.endpoint} was lost"
                self._fail(each, Status.UNAVAILABLE, text)
        if self._waiting:
            self._place_waiting(now)

    def _expire(self, call: ClientCall) -> None:
        if call in self._waiting and not call.sent:
            names = ", ".join(link.endpoint for link in self.links)
            text = f"no server could be reached in time ({names})"
            self._fail(call, Status.UNAVAILABLE, text, Executed.NO)
        else:
            self._end_early(call, Status.DEADLINE_EXCEEDED, "no reply came in time")
