"""The broker's side of the protocol: frames and time in, frames out; nothing waits here.

To clients a broker is a server, and to servers it is a client, see docs/reference/rpc-wire.md. It
passes the frames of a call on as they came. What it changes in an envelope it appends: of a field
that comes twice the last one counts.

At most once: a call is known by its id, first in `_calls`, then in `_done` and at last in `_older`,
with the incarnation of the server that was given it. A duplicate goes to that server, which knows
the call, or to none. `_older` is what `_done` was before it was full or a minute old.

A call waits only while no server of its service has room.

This module is long because messages of clients, of servers and the time change the same tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from . import broker_services, schema, wire
from .broker_room import BrokerCall, Member, Queue
from .serving import PROBE_MS, REMEMBERED_CALLS, REMEMBERED_MS
from .status import Executed, RpcError, Status
from .timers import Timers
from .wire import Kind, Said

STARTING_MS: Final = 3000
"""How long after its start a broker lets calls of unknown services wait: servers will register."""

LOOK_MS: Final = 10
LOOK_AGAIN_MS: Final = (0, 50, 500)
"""When a broker looks which servers are gone, after it was told that some connection has ended:
within the first time, and then after each of the others, as a socket may be told later."""

UNKNOWN_SERVICES: Final = 1000
"""Services that are called before they were registered: at most so many are kept."""

INCARNATION_BYTES: Final = 16

PINNED_BYTES: Final = 8192
"""A shorter frame of a call that waits is copied: as a Message it may keep so much memory."""

_ABOUT_NO_CALL: Final = (Kind.HELLO, Kind.REGISTER)
_PROBE: Final = wire.more(kind=int(Kind.PROBE))
_DOUBT: Final = b"\x60\x00"
"""Field 12 of an envelope, `executed`, with EXECUTED_UNKNOWN."""

_LOOK_ALL, _LOOK_BUSY = "all", "busy"
"""Timers: probe all clients and servers, or the servers that have calls."""


class BrokerProtocol:
    """All calls that go through one incarnation of a broker.

    `waiting` bounds how many calls of each service wait for a server, `calls` how many each client
    has that have not ended, `limit` the bytes of a payload. `user` may be set to what returns who
    has sent a frame; `may_register` says whether this user, or None, may serve a service.
    """

    def __init__(
        self,
        incarnation: bytes,
        now: int,
        *,
        waiting: int,
        calls: int,
        limit: int,
        may_register: Callable[[str | None, str], bool] = lambda user, service: True,
    ) -> None:
        self.incarnation: bytes = incarnation
        self.born = now
        self.outgoing: list[list[Any]] = []
        self.draining: bool = False
        self.queues: dict[str, Queue] = {}
        self.members: dict[bytes, Member] = {}  # by route
        self.user: Callable[[Any], str | None] | None = None
        self._waiting, self._most, self._limit = waiting, calls, limit
        self._may_register = may_register
        self._incarnations: dict[bytes, Member] = {}
        self._calls: dict[bytes, BrokerCall] = {}
        self._counts: dict[str | bytes, int] = {}  # of calls, by user or else by route
        self._done: dict[bytes, bytes | list[bytes]] = {}  # `last` of calls, by their ids
        self._older: dict[bytes, bytes | list[bytes]] = {}
        self._replace = now + REMEMBERED_MS
        self._timers: Timers[BrokerCall | str] = Timers()
        self._timers.add(now + PROBE_MS, _LOOK_ALL)
        self.next: Final = self._timers.next
        """When to call `tick`; it is never None."""
        self._receivers: dict[int, Callable[[list[Any], Said, bytes, int], None]] = {
            Kind.HELLO: self._hello,
            Kind.REQUEST: self._request,
            Kind.CREDIT: self._credit,
            Kind.CANCEL: self._cancel,
            Kind.RESUME: self._asked_again,
            Kind.REPLY: self._reply,
            Kind.STATUS: self._status,
            Kind.ITEM: self._item,
            Kind.REGISTER: self._register,
        }

    @property
    def unfinished(self) -> int:
        """How many calls have not ended."""
        return len(self._calls)

    def receive(self, parts: list[Any], now: int) -> None:
        """Take a message of a client or of a server, its routing id first."""
        if len(parts) > 1:
            kind, name, said = wire.read(parts[1])
            receiver = self._receivers.get(kind)
            if receiver and (0 < len(name) <= wire.ID_BYTES or kind in _ABOUT_NO_CALL):
                parts[0] = memoryview(parts[0]).tobytes()
                receiver(parts, said, name, now)

    # Servers

    def _register(self, parts: list[Any], said: Said, _: bytes, now: int) -> None:
        """Take note of what a server says of itself, which it does regularly, or refuse it."""
        name, route, user = said.incarnation, parts[0], self.user and self.user(parts[1])
        if not 0 < len(name) <= INCARNATION_BYTES or len(parts) != 3 or not said.version:
            return
        try:
            registration = schema.Registration.FromString(memoryview(parts[2]).tobytes())
        except Exception:  # protobuf's implementations raise different classes
            return
        member, known = self.members.get(route), self._incarnations.get(name)
        services = dict.fromkeys(registration.services)
        allowed = all(self._may_register(user, service) for service in services)
        if not allowed or not services or (known is not None and known.user != user):
            self._refuse(route, name, _no(Status.PERMISSION_DENIED, "it may not serve all of this"))
            return
        if member is None or member is not known:  # it is new, or has another connection
            for old in (member, known):
                if old is not None:
                    self._lose(old, now)
            member = self.members[route] = self._incarnations[name] = Member(route, name, user)
        member.files = registration.files
        member.serve(map(self._queue, services), registration.calls)
        for queue in member.queues:
            queue.repeatable |= frozenset(registration.repeatable)
        self._hello(parts, said, name, now)
        self._serve(member, now)

    def _queue(self, service: str) -> Queue:
        return self.queues.get(service) or self.queues.setdefault(service, Queue(service))

    def _lose(self, member: Member, now: int) -> None:
        """Give up a server: its calls go to others, or end."""
        del self.members[member.route], self._incarnations[member.incarnation]
        member.stop()
        for call in reversed([*member.calls.values()]):
            if call.repeatable and not call.begun:
                call.doubtful = True
                self._again(call, now)
            else:
                self._fail(call, RpcError(Status.UNAVAILABLE, "the server was lost"), now)
        member.serve([], 0)

    # Calls

    def _hello(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        if said.version:
            more = {"version": wire.VERSION, "incarnation": self.incarnation, "limit": self._limit}
            self.outgoing.append([parts[0], wire.more(kind=int(Kind.WELCOME), **more)])

    def _request(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        ours = said.incarnation == self.incarnation
        if ours and (name in self._calls or name in self._done or name in self._older):
            self._asked_again(parts, said, name, now)
            return
        if ours and said.method in broker_services.METHODS:
            self._built_in(parts, said, name, now)
            return
        who = (self.user and self.user(parts[1])) or parts[0]
        queue = self.queues.get(said.service)
        starting = queue is None and now - self.born <= STARTING_MS
        if starting and len(self.queues) < UNKNOWN_SERVICES:
            queue = self._queue(said.service)
        if error := self._refusal(parts, said, queue, who):
            answer = self._refuse(parts[0], name, error)
            if error.status != Status.UNAVAILABLE:  # which it would be again
                self._remember(name, answer, now)
            if queue is not None:
                queue.refused += 1
        elif queue is not None:
            self._begin(BrokerCall(parts, said, name, queue, who, now), queue.best(), now)

    def _refusal(
        self, parts: list[Any], said: Said, queue: Queue | None, who: str | bytes
    ) -> RpcError | None:
        if said.incarnation != self.incarnation:
            text = "the request was sent to another incarnation of the broker"
            return _no(Status.UNAVAILABLE, text)
        if self.draining:
            return _no(Status.UNAVAILABLE, "the broker is ending")
        if queue is None:
            return _no(Status.UNIMPLEMENTED, f"no server has registered for {said.method}")
        if len(parts) - said.attachments != 3:
            text = "a request has one payload, and as many attachments as it says"
            return _no(Status.INVALID_ARGUMENT, text)
        if len(parts[2]) > self._limit:
            text = f"a request of {len(parts[2])} bytes is over the limit of {self._limit}"
            return _no(Status.RESOURCE_EXHAUSTED, text)
        if self._counts.get(who, 0) >= self._most:
            return _no(Status.RESOURCE_EXHAUSTED, f"the client has {self._most} unfinished calls")
        if len(queue.waiting) >= self._waiting and queue.best() is None:
            text = f"{self._waiting} calls of {queue.name} wait for a server"
            return _no(Status.RESOURCE_EXHAUSTED, text)
        if said.timeout == 0:
            return _no(Status.DEADLINE_EXCEEDED, "it came too late")
        return None

    def _built_in(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        """Answer a request to one of the broker's own services."""
        try:
            request = b"".join(map(bytes, parts[2:]))
            reply = broker_services.METHODS[said.method](self, request, now)
            self.outgoing.append([parts[0], wire.head(Kind.REPLY, name), reply.SerializeToString()])
        except RpcError as error:
            self._refuse(parts[0], name, error)
        except Exception:  # protobuf's implementations raise different classes
            text = "the request does not parse"
            self._refuse(parts[0], name, _no(Status.INVALID_ARGUMENT, text))

    def _begin(self, call: BrokerCall, member: Member | None, now: int) -> None:
        """Take a call, and give it to this server, or let it wait."""
        self._calls[call.id] = call
        self._counts[call.who] = self._counts.get(call.who, 0) + 1
        if timeout := call.said.timeout:
            call.deadline = now + timeout
            self._timers.add(call.deadline, call)
        self._place(call, member, now)

    def _place(self, call: BrokerCall, member: Member | None, now: int) -> None:
        """Give a call to this server, or let it wait as none has room."""
        if member is not None:
            self._hand(call, member, now)
            return
        call.queue.waiting[call.id] = call
        if call.handed:  # before this, so it is its turn
            call.queue.waiting.move_to_end(call.id, last=False)
        for index, frame in enumerate(call.frames):
            if len(frame) < PINNED_BYTES:
                call.frames[index] = memoryview(frame).tobytes()

    def _hand(self, call: BrokerCall, member: Member, now: int) -> None:
        call.member, call.last, call.handed = member, member.incarnation, now
        member.calls[call.id] = call
        head = call.head + member.named
        if call.deadline is not None and now != call.start:
            head += wire.timeout_field(call.deadline - now)
        self.outgoing.append([member.route, head, *call.frames])

    def _again(self, call: BrokerCall, now: int) -> None:
        """Take a call from its server, and give it to another one if that may get it."""
        self._take(call, now)
        if call.doubtful and not call.repeatable:  # a duplicate of a call that was executed
            text = "the server that knows the call cannot be asked"
            self._fail(call, RpcError(Status.UNAVAILABLE, text), now)
            return
        if not call.doubtful:
            call.last = b""
        self._place(call, call.queue.best(), now)

    def _take(self, call: BrokerCall, now: int) -> None:
        """Take a call from its server, which thereby has room for another one."""
        member = call.member
        assert member is not None
        call.member = None
        del member.calls[call.id]
        member.free()
        if member.room > 0:
            self._serve(member, now)

    def _serve(self, member: Member, now: int) -> None:
        """Give calls that wait to a server, as many as it has room for."""
        while member.room > 0 and (queue := member.first()) is not None:
            self._hand(queue.waiting.popitem(last=False)[1], member, now)

    def _asked_again(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        """Take a duplicate or a RESUME: the server answers that knows the call."""
        route = parts[0]
        ours = said.incarnation == self.incarnation
        if ours and (known := self._calls.get(name)):
            known.ask(route, said.credit > 0)
            known.lost = False
            return
        last = self._done.get(name, self._older.get(name)) if ours else None
        if isinstance(last, list):
            self.outgoing.append([route, *last])
            return
        member = self._incarnations.get(last or b"")
        queue = self.queues.get(said.service, member.queues[0] if member else None)
        repeatable = queue and last and said.method in queue.repeatable
        if queue is None or not (member or repeatable):
            text = "the broker does not know how this call ends"
            self._refuse(route, name, RpcError(Status.UNAVAILABLE, text))
            return
        call = BrokerCall(parts, said, name, queue, route, now)
        call.doubtful = True
        self._begin(call, member or queue.best(), now)

    # What is said about calls

    def _given(self, parts: list[Any], name: bytes) -> BrokerCall | None:
        """Return the call, if it is one that the sender was given."""
        member = self.members.get(parts[0])
        return None if member is None else member.calls.get(name)

    def _tell(self, call: BrokerCall, frames: list[Any]) -> None:
        for route in call.routes:
            self.outgoing.append([route, *frames])

    def _reply(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        if call := self._given(parts, name):
            self._tell(call, parts[1:])
            call.queue.end(call, said.status != 0, now)
            self._end(call, now)

    def _status(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        call = self._given(parts, name)
        if call is not None and said.executed == Executed.NO:
            if said.status == Status.UNAVAILABLE:
                self.members[parts[0]].stop()  # until it registers again
                self._again(call, now)
                return
            parts[1] = memoryview(parts[1]).tobytes() + (_DOUBT if call.doubtful else b"")
            call.last = call.last if call.doubtful else [parts[1]]
        self._reply(parts, said, name, now)

    def _item(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        if call := self._given(parts, name):
            call.begun = True
            self._tell(call, parts[1:])

    def _credit(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        call = self._calls.get(name)
        if call is not None and call.member is not None:
            parts[0] = call.member.route
            self.outgoing.append(parts)

    def _cancel(self, parts: list[Any], said: Said, name: bytes, now: int) -> None:
        if call := self._calls.get(name):
            self._abandon(call, now)

    def _abandon(self, call: BrokerCall, now: int) -> None:
        """End a call that nobody waits for."""
        if call.member is not None:
            self.outgoing.append([call.member.route, wire.head(Kind.CANCEL, call.id)])
        self._end(call, now)

    # The end of a call

    def _end(self, call: BrokerCall, now: int) -> None:
        """Forget a call; only which server was given it, or its refusal, is known for a while."""
        del self._calls[call.id]
        if call.deadline is not None:
            self._timers.discard(call.deadline, call)
        count = self._counts.pop(call.who) - 1
        if count:
            self._counts[call.who] = count
        if call.last:
            self._remember(call.id, call.last, now)
        if call.member is None:
            call.queue.waiting.pop(call.id, None)
        else:
            self._take(call, now)

    def _remember(self, name: bytes, last: bytes | list[bytes], now: int) -> None:
        self._done[name] = last
        if len(self._done) >= REMEMBERED_CALLS or now >= self._replace:
            self._older, self._done, self._replace = self._done, {}, now + REMEMBERED_MS

    def _fail(self, call: BrokerCall, error: RpcError, now: int) -> None:
        if call.doubtful:
            error.executed = Executed.UNKNOWN
        answer = [wire.status(call.id, error)]
        self._tell(call, answer)
        if error.executed is Executed.NO:
            call.last = answer
        call.queue.end(call, True, now)
        self._end(call, now)

    def _refuse(self, route: bytes, name: bytes, error: RpcError) -> list[bytes]:
        """End a call, or the attempt to begin or to resume one; return what was answered."""
        answer = [wire.status(name, error)]
        self.outgoing.append([route, *answer])
        return answer

    # Time, and who is gone

    def tick(self, now: int) -> None:
        """End what has expired, and look who is gone: sending to them fails."""
        for item in self._timers.expired(now):
            if not isinstance(item, BrokerCall):
                self._look(item, now)
            elif item.member is not None:
                self._end(item, now)  # client and server keep the time by themselves
            elif item.queue.waiting.get(item.id) is item:
                self._fail(item, _no(Status.DEADLINE_EXCEEDED, "no server had room in time"), now)

    def _look(self, whom: str, now: int) -> None:
        routes = {route for route, each in self.members.items() if each.calls or whom == _LOOK_ALL}
        if whom == _LOOK_ALL:
            self._timers.add(now + PROBE_MS, _LOOK_ALL)
            routes |= {route for call in self._calls.values() for route in call.routes}
        self.outgoing += ([route, _PROBE] for route in routes)

    def disconnected(self, now: int) -> None:
        """Take note that the connection of some client or server has ended."""
        soon = now - now % LOOK_MS + LOOK_MS  # so events that follow each other cause one look
        for after in LOOK_AGAIN_MS:
            self._timers.add(soon + after, _LOOK_BUSY)

    def unreachable(self, frames: list[Any], now: int) -> None:
        """Take note that a message could not be sent: its receiver is gone."""
        route = frames[0]
        member = self.members.get(route)
        if member is not None:
            kind, name, _ = wire.read(frames[1])
            member.stop()
            if kind == Kind.REQUEST and (call := member.calls.get(name)):
                self._again(call, now)  # the server has not got it
            self._lose(member, now)
            return
        calls = [call for call in self._calls.values() if call.leave(route)]
        for call in calls:
            if call.lost or call.said.credit:
                self._abandon(call, now)
            call.lost = True  # it may come back, over another connection


def _no(status: Status, text: str) -> RpcError:
    return RpcError(status, text, executed=Executed.NO)
