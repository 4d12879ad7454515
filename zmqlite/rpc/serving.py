"""The server's side of the protocol: frames and time in, frames and events out; nothing waits here.

A driver hands every message to `receive`, calls `tick` when `next` says so, and sends what is in
`outgoing`. It begins a call by `ServerCall.claim` and ends it by `reply`, `end` or `fail`. All but
`claim` belongs to one thread.

At most once: every call that was taken is known by its id, first in `_open`, then in `_done`, and
at last in `_older`. So a duplicate gets the same reply, and is not taken again. `_older` is what
`_done` was before it was full or a minute old: then both are replaced, so nothing has to be looked
for that is to be forgotten.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, TypeAlias

from . import wire
from .asked import Asked
from .status import Executed, RpcError, Status
from .timers import Timers
from .wire import Kind, Part

REMEMBERED_MS: Final = 60_000
REMEMBERED_CALLS: Final = 16_384
REMEMBERED_BYTES: Final = 16 * 1024 * 1024
"""How long, or for how many more calls, a call is known after its end; and the bytes of replies
that are kept in this time."""

REPLY_BYTES: Final = 65_536
"""A longer reply is not kept: a duplicate of its call is told that it was executed."""

PROBE_MS: Final = 2000
"""How often the clients of unfinished calls are probed: sending to one that is gone fails."""

REGISTER_MS: Final = 1000
"""How often a server tells its brokers who it is: one that was started again does not know it."""

_MOST_CREDIT: Final = 2**31 - 1
_HELLO, _REPLY, _ITEM, _STATUS = map(int, (Kind.HELLO, Kind.REPLY, Kind.ITEM, Kind.STATUS))

_FULL: Final = b"\x20\x00"
"""Field 4 of a Registration, `calls`, with 0: the server takes no more."""

log: Final = logging.getLogger("zmqlite.rpc")


class Happened(IntEnum):
    """What a message or the time has changed."""

    BEGIN = 1
    """A call is to be executed."""
    CANCEL = 2
    """Nobody waits for a call any more: cancelled, expired, or its client is gone."""
    CREDIT = 3
    """A stream may go on."""


_BEGIN: Final = Happened.BEGIN


class ServerCall(Asked):
    """A call that a server has taken."""

    deadline: int | None = None
    parked: Any = ()  # a list if it is a stream; not empty: it waits for credit; the driver's
    cancelled: bool = False
    lost: bool = False  # its client could not be reached
    # The driver's:
    seen: Any = None  # the Call of the handler, once it was begun
    item: Any = None  # the iterator of a stream; the task with asyncio
    credit: int = 0
    used: int = 0  # of the credit

    def __init__(self, name: bytes, parts: list[Part], envelope: Any, method: Any) -> None:
        self.routes: list[bytes] = [memoryview(parts[0]).tobytes()]
        self.payload: bytes = memoryview(parts[2]).tobytes()
        parts[0] = parts[2] = b""  # a Message takes more memory
        self.parts = parts  # nothing, envelope, nothing, attachments
        self.id = name
        self.method = method
        self.metadata: dict[str, str] = wire.metadata_in(envelope)
        if method.streaming:
            self.credit = envelope.credit
            self.parked = []
        self.start: int = time.monotonic_ns()
        self._unclaimed = bytearray(1)  # which the garbage collector need not look at

    def claim(self) -> bool:
        """Whether the caller is the first to claim it: it then executes it, or ends it unbegun.

        Any thread may call it.
        """
        try:
            self._unclaimed.pop()
        except IndexError:
            return False
        return True


_Done: TypeAlias = dict[bytes, tuple[Any, ...] | None]
"""The last frames of calls that have ended, None if they are not kept."""

Event: TypeAlias = tuple[Happened, ServerCall]


class ServerProtocol:
    """All calls of one incarnation of a server.

    `methods` maps the full names of methods, as in "/package.Service/Method", to a Method each.
    `calls` bounds how many are unfinished at a time, `limit` the bytes of a payload.
    """

    def __init__(
        self, incarnation: bytes, methods: Mapping[str, Any], *, calls: int, limit: int
    ) -> None:
        self.incarnation: bytes = incarnation
        self.methods = methods
        self.outgoing: list[Sequence[Any]] = []
        self.draining: bool = False
        self._calls = calls
        self._limit = limit
        self._open: dict[bytes, ServerCall] = {}
        self._done: _Done = {}
        self._older: _Done = {}
        self._replace = 0  # when
        self._kept = 0  # bytes of replies in `_done`
        self._timers: Timers[ServerCall | bytes | None] = Timers()
        # Calls at their deadlines; the routes of brokers, to register; None: to probe.
        self.next: Final = self._timers.next
        """When to call `tick`; None if there is no need to."""
        self._probing = False
        self._brokers: dict[bytes, bytes] = {}  # registrations by route
        self._items: list[Any] | None = None  # the message that items are being put into
        self._streaming: ServerCall | None = None  # whose they are
        self._receivers: dict[int, Callable[[list[Part], Any, int], Event | None]] = {
            int(Kind.HELLO): self._hello,
            int(Kind.REQUEST): self._request,
            int(Kind.CREDIT): self._credit,
            int(Kind.CANCEL): self._cancel,
            int(Kind.RESUME): self._resume,
            int(Kind.STATUS): self._denied,
        }

    @property
    def unfinished(self) -> int:
        """How many calls were taken and have not ended."""
        return len(self._open)

    # Messages

    def receive(self, parts: list[Part], now: int) -> Event | None:
        """Take a message of a client, its routing id first."""
        envelope = wire.decode(parts[1]) if len(parts) > 1 else None
        if envelope is None:
            return None
        kind = envelope.kind
        receiver = self._receivers.get(kind)
        if receiver is None or (kind != _HELLO and not 0 < len(envelope.id) <= wire.ID_BYTES):
            return None  # of a later version, or it cannot be answered
        return receiver(parts, envelope, now)

    def _hello(self, parts: list[Part], envelope: Any, now: int) -> None:
        if envelope.version:
            more = {"version": wire.VERSION, "incarnation": self.incarnation, "limit": self._limit}
            self.outgoing.append([bytes(parts[0]), wire.more(kind=int(Kind.WELCOME), **more)])

    def _request(self, parts: list[Part], envelope: Any, now: int) -> Event | None:
        name = envelope.id
        mine = envelope.incarnation == self.incarnation
        if mine and (name in self._open or name in self._done or name in self._older):
            known = self._open.get(name)
            if known is None or not (known.cancelled and known.method.idempotent):
                self._resume(parts, envelope, now)
                return None
            # Its client is back, and has sent it again: what the first one gives is ignored.
        method = self.methods.get(envelope.method)
        if refusal := self._refusal(parts, envelope, mine, method):
            # It would be refused again, so it need not be remembered.
            self._answer(parts, name, RpcError(*refusal, executed=Executed.NO))
            return None
        call = ServerCall(name, parts, envelope, method)
        full = len(self._open) >= self._calls
        self._open[name] = call
        timeout = envelope.timeout
        if full:
            text = f"the server has {self._calls} unfinished calls"
            self._unbegun(call, Status.RESOURCE_EXHAUSTED, text, now)
            return None
        if timeout:
            call.deadline = now + timeout
            self._timers.add(call.deadline, call)
        elif envelope.HasField("timeout"):
            self._unbegun(call, Status.DEADLINE_EXCEEDED, "it came too late", now)
            return None
        if not self._probing:
            self._probing = True
            self._timers.add(now + PROBE_MS, None)
        return _BEGIN, call

    def _refusal(
        self, parts: list[Part], envelope: Any, mine: bool, method: Any
    ) -> tuple[Status, str] | None:
        if not mine:
            text = "the request was sent to another incarnation of the server"
            return Status.UNAVAILABLE, text
        if self.draining:
            return Status.UNAVAILABLE, "the server is ending"
        if method is None:
            return Status.UNIMPLEMENTED, f"the server has no method {envelope.method}"
        if len(parts) - envelope.attachments != 3:
            text = "a request has one payload, and as many attachments as it says"
            return Status.INVALID_ARGUMENT, text
        if len(parts[2]) > self._limit:
            text = f"a request of {len(parts[2])} bytes is over the limit of {self._limit}"
            return Status.RESOURCE_EXHAUSTED, text
        return None

    def _answer(self, parts: list[Part], call: bytes, error: RpcError) -> None:
        """Tell a client of an error of a call that is not open."""
        self.outgoing.append([bytes(parts[0]), wire.status(call, error)])

    def _resume(self, parts: list[Part], envelope: Any, now: int) -> None:
        """Answer a RESUME or a duplicate: now, or when the call ends, to where this came from."""
        name, error = envelope.id, None
        if envelope.incarnation != self.incarnation:
            error = RpcError(Status.UNAVAILABLE, "the call was sent to another incarnation")
        elif call := self._open.get(name):
            call.ask(bytes(parts[0]), call.method.streaming)
            call.cancelled = call.cancelled and not call.lost
            call.lost = False
        elif frames := self._done.get(name) or self._older.get(name):
            self.outgoing.append([bytes(parts[0]), *frames])
        elif name in self._done or name in self._older:
            text = "it was executed, but its reply is not kept"
            error = RpcError(Status.DATA_LOSS, text, executed=Executed.YES)
        else:
            error = RpcError(Status.UNAVAILABLE, "the server does not know of this call")
        if error:
            self._answer(parts, name, error)

    def _credit(self, parts: list[Part], envelope: Any, now: int) -> Event | None:
        call = self._open.get(envelope.id)
        if call is None or call.cancelled:
            return None
        call.credit = min(call.credit + envelope.credit, _MOST_CREDIT)
        return Happened.CREDIT, call

    def _cancel(self, parts: list[Part], envelope: Any, now: int) -> Event | None:
        call = self._open.get(envelope.id)
        # A broker that lost the client does not end a call that has come through another one, too.
        if call is None or not call.leave(bytes(parts[0])):
            return None
        events = self._abandon([call], Status.CANCELLED, now)
        return events[0] if events else None

    # Time, and clients that are gone

    def tick(self, now: int) -> list[Event]:
        """End what has expired, and probe the clients of unfinished calls."""
        expired = self._timers.expired(now)
        calls = [call for call in expired if isinstance(call, ServerCall)]
        events = self._abandon(calls, Status.DEADLINE_EXCEEDED, now)
        if None in expired:
            self._probing = bool(self._open)
            if self._probing:
                self._timers.add(now + PROBE_MS, None)
            probe = wire.more(kind=int(Kind.PROBE))
            waiting = [call.routes for call in self._open.values() if not call.cancelled]
            routes = {route for routes in waiting for route in routes}
            self.outgoing += ([route, probe] for route in routes)
        for route in expired:
            if isinstance(route, bytes):
                self._register(route, now)
        self._forget(now)
        return events

    # Brokers, which are clients that are told of the server

    def register(self, route: bytes, registration: bytes, now: int) -> None:
        """Tell a broker of this server, now and regularly; takes a serialised Registration."""
        self._brokers[route] = registration
        self._timers.add(now, route)

    def _register(self, route: bytes, now: int) -> None:
        self._timers.add(now + REGISTER_MS, route)
        named = {"incarnation": self.incarnation, "version": wire.VERSION, "limit": self._limit}
        head = wire.more(kind=int(Kind.REGISTER), **named)
        registration = self._brokers[route] + (_FULL if self.draining else b"")
        self.outgoing.append([route, head, registration])

    def _denied(self, parts: list[Part], envelope: Any, now: int) -> None:
        if bytes(parts[0]) in self._brokers and envelope.id == self.incarnation:
            log.error("a broker refuses this server: %s", envelope.message)

    def unreachable(self, route: bytes, now: int) -> list[Event]:
        """Take note that a message could not be sent to a client.

        It may come back, over another connection, so its unary calls are abandoned only when it is
        unreachable once more.
        """
        calls = [call for call in self._open.values() if call.leave(route)]
        gone = [call for call in calls if call.lost or call.credit]
        for call in calls:
            call.lost = True
        return self._abandon(gone, Status.CANCELLED, now)

    def abandon(self) -> list[ServerCall]:
        """Abandon all calls, since the server ends; return those that were begun."""
        calls = list(self._open.values())
        for call in calls:
            call.cancelled = True
        return [call for call in calls if not call.claim()]

    def _abandon(self, calls: Iterable[ServerCall], status: Status, now: int) -> list[Event]:
        events = []
        for call in calls:
            if call.cancelled or self._open.get(call.id) is not call:
                continue
            call.cancelled = status == Status.CANCELLED  # its client does not wait for an answer
            if call.claim():
                if call.lost:  # it may be sent again
                    del self._open[call.id]
                    self._timers.discard(call.deadline, call)
                else:
                    self._unbegun(call, status, "it ended before it was begun", now)
            call.cancelled = True
            events.append((Happened.CANCEL, call))
        return events

    def _unbegun(self, call: ServerCall, status: Status, text: str, now: int) -> None:
        self.fail(call, RpcError(status, text, executed=Executed.NO), now)

    # What the driver says about a call

    def reply(
        self, call: ServerCall, payload: bytes, extra: bytes, attachments: Sequence[Any], now: int
    ) -> None:
        """End a unary call with its reply; `extra` is what wire.extra returns."""
        size = len(payload) + (sum(map(len, attachments)) if attachments else 0)
        head = wire.head(_REPLY, call.id) + extra
        self._finish(call, (head, payload, *attachments), size, now)

    def item(self, call: ServerCall, payload: bytes) -> None:
        """Send an item of a stream; those that follow each other share a message."""
        if call.cancelled:
            return
        items = self._items
        if items and self.outgoing and self.outgoing[-1] is items and self._streaming is call:
            items.append(payload)
            if len(items) == wire.BATCH + 2:
                self._items = None
        else:
            self._streaming = call
            self._items = [call.routes[0], wire.head(_ITEM, call.id), payload]
            self.outgoing.append(self._items)

    def end(self, call: ServerCall, metadata: Mapping[str, str], now: int) -> None:
        """End a stream."""
        fields = wire.more(executed=int(Executed.YES), metadata=metadata)
        head = wire.head(_STATUS, call.id) + fields
        self._finish(call, (head,), REPLY_BYTES + 1, now)  # too long to be kept

    def fail(
        self, call: ServerCall, error: RpcError, now: int, metadata: Mapping[str, str] | None = None
    ) -> None:
        """End a call with an error."""
        head = wire.status(call.id, error, metadata)
        self._finish(call, (head,), len(head), now)

    def _finish(self, call: ServerCall, frames: tuple[Any, ...], size: int, now: int) -> None:
        """Send the last message of a call; and keep it, if so many bytes fit."""
        self._timers.discard(call.deadline, call)
        if self._open.get(call.id) is not call:  # it has ended, or another one took its place
            return
        del self._open[call.id]
        if not call.cancelled:
            for route in call.routes:
                self.outgoing.append((route, *frames))
        elif call.method.idempotent:
            return  # it is executed again if its client comes back
        if size <= REPLY_BYTES and self._kept + size <= REMEMBERED_BYTES:
            self._kept += size
            self._done[call.id] = frames
        else:
            self._done[call.id] = None
        if len(self._done) >= REMEMBERED_CALLS or now >= self._replace:
            self._forget(now)

    def _forget(self, now: int) -> None:
        """Forget the calls that have ended before `_done` was begun, if it is time for this."""
        if len(self._done) >= REMEMBERED_CALLS or now >= self._replace:
            self._older, self._done = self._done, {}
            self._kept, self._replace = 0, now + REMEMBERED_MS
