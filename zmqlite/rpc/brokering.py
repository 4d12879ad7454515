"""The broker's side of the protocol: frames and time in, frames out; nothing waits here.

To clients a broker is a server, and to servers it is a client, see docs/reference/rpc-wire.md. It
passes the frames of a call on as they came. What it changes in an envelope it appends: of a field
that comes twice the last one counts.

At most once: a call that a server was given is known by its id, first in `_calls` and then in
`_done`, with the server. A duplicate goes to that server, which knows the call, or to none.

This module is long because messages of clients, of servers and the time change the same tables.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from . import broker_services, schema, wire
from .broker_room import Member, Pool, Queue
from .serving import PROBE_MS, REMEMBERED_CALLS, REMEMBERED_MS
from .status import Executed, RpcError, Status
from .timers import Timers
from .wire import Kind, Part

RETURN_MS: Final = 2500
"""How long calls wait for the same incarnation of a server whose connection was lost."""

STARTING_MS: Final = 3000
"""How long after its start a broker lets calls of unknown services wait: servers will register."""

LOOKS_MS: Final = (0, 5, 50)
"""When a broker looks which servers are gone, after it was told that some connection has ended."""

UNKNOWN_SERVICES: Final = 1000
"""Services that are called before they were registered: at most so many are kept."""

INCARNATION_BYTES: Final = 16

_STATUS: Final = int(Kind.STATUS)
_PROBE: Final = wire.more(kind=int(Kind.PROBE))
_DOUBT: Final = b"\x60\x00"
"""Field 12 of an envelope, `executed`, with EXECUTED_UNKNOWN."""


@dataclass(slots=True, eq=False)
class BrokerCall:
    """A call that has not ended. `member` is the server that was given it; None if it waits."""

    id: bytes
    route: bytes  # of its client
    parts: list[Any]  # nothing, envelope, payload, attachments
    queue: Queue
    start: int
    method: str  # "" of a call that is only asked for
    stream: bool
    who: str | bytes  # whose limit it counts for
    deadline: int | None = None
    handed: int = 0  # when a server was given it
    member: Member | None = None
    last: bytes = b""  # the incarnation of the last server that was given it
    begun: bool = False  # the client has got items
    doubtful: bool = False  # a server that is gone may have executed it
    lost: bool = False  # its client could not be reached

    @property
    def repeatable(self) -> bool:
        """Whether it may be executed again, as far as servers have said so by now."""
        return self.method in self.queue.repeatable


class BrokerProtocol:
    """All calls that go through one incarnation of a broker.

    `waiting` bounds how many calls of each service wait for a server, `calls` how many each client
    has that have not ended, `limit` the bytes of a payload. `user` returns who has sent a frame,
    None if that is not known; `may_register` says whether this user may serve a service.
    """

    def __init__(
        self,
        incarnation: bytes,
        now: int,
        *,
        waiting: int,
        calls: int,
        limit: int,
        user: Callable[[Part], str | None] = lambda part: None,
        may_register: Callable[[str | None, str], bool] = lambda user, service: True,
    ) -> None:
        self.incarnation: bytes = incarnation
        self.outgoing: list[list[Any]] = []
        self.draining: bool = False
        self._waiting, self._most, self._limit = waiting, calls, limit
        self._user, self._may_register = user, may_register
        self.born = now
        self._calls: dict[bytes, BrokerCall] = {}
        self._clients: dict[bytes, dict[bytes, BrokerCall]] = {}  # calls by route
        self._counts: dict[str | bytes, int] = {}  # of calls, by user or else by route
        self._done: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()  # when, incarnation
        self.members: dict[bytes, Member] = {}  # by route
        self._incarnations: dict[bytes, Member] = {}
        self._gone: dict[bytes, tuple[int, dict[bytes, BrokerCall]]] = {}  # by incarnation
        self.queues: dict[str, Queue] = {}
        self._pools: dict[tuple[str, ...], Pool] = {}
        self._deadlines: Timers[BrokerCall] = Timers()
        self._later: Timers[bytes] = Timers()  # incarnations of servers that are gone
        self._probe = now + PROBE_MS
        self._looks: list[int] = []
        self._receivers: dict[int, Callable[[list[Any], Any, int], None]] = {
            Kind.HELLO: self._hello,
            Kind.REQUEST: self._request,
            Kind.CREDIT: self._credit,
            Kind.CANCEL: self._cancel,
            Kind.RESUME: self._resume,
            Kind.REPLY: self._answer,
            Kind.STATUS: self._answer,
            Kind.ITEM: self._item,
            Kind.REGISTER: self._register,
        }

    @property
    def unfinished(self) -> int:
        """How many calls have not ended."""
        return len(self._calls)

    def receive(self, parts: list[Any], now: int) -> None:
        """Take a message of a client or of a server, its routing id first."""
        envelope = wire.decode(parts[1]) if len(parts) > 1 else None
        if envelope is None:
            return
        receiver = self._receivers.get(envelope.kind)
        if receiver is not None:
            parts[0] = memoryview(parts[0]).tobytes()
            receiver(parts, envelope, now)

    # Servers

    def _register(self, parts: list[Any], envelope: Any, now: int) -> None:
        name, route = envelope.incarnation, parts[0]
        if not 0 < len(name) <= INCARNATION_BYTES or len(parts) != 3 or not envelope.version:
            return
        data = memoryview(parts[2]).tobytes()
        member = self.members.get(route)
        if member is not None and (member.incarnation, member.registration) == (name, data):
            self._set_room(member, member.takes)
            self._serve(member.pool, now)
            return
        try:
            registration = schema.Registration.FromString(data)
        except Exception:  # protobuf's implementations raise different classes
            return
        user = self._user(parts[1])
        services = tuple(sorted(set(registration.services)))
        other = self._incarnations.get(name)
        allowed = all(self._may_register(user, service) for service in services)
        if not allowed or not services or (other is not None and other.user != user):
            self._refuse(route, name, Status.PERMISSION_DENIED, "it may not serve all of this")
            return
        if member is None or member.incarnation != name or member.pool is not self._pool(services):
            for old in (member, other):
                if old is not None and old.route in self.members:
                    self._lose(old, now)
            member = Member(route, name, user, self._pool(services))
            self.members[route] = self._incarnations[name] = member
        member.registration = data
        for queue in member.pool.queues:
            queue.repeatable |= frozenset(registration.repeatable)
        welcome = {"version": wire.VERSION, "incarnation": self.incarnation}
        self.outgoing.append([route, wire.more(kind=int(Kind.WELCOME), **welcome)])
        self._return(member)
        member.takes = registration.calls
        self._set_room(member, member.takes)
        self._serve(member.pool, now)

    def _set_room(self, member: Member, takes: int) -> None:
        """Take note of how many calls a server takes at once."""
        member.pool.change(member, takes - len(member.calls) - member.room)

    def _pool(self, services: tuple[str, ...]) -> Pool:
        pool = self._pools.get(services)
        if pool is None:
            pool = self._pools[services] = Pool([self._queue(service) for service in services])
        return pool

    def _queue(self, service: str) -> Queue:
        queue = self.queues.get(service)
        if queue is None:
            queue = self.queues[service] = Queue(service)
        return queue

    def _lose(self, member: Member, now: int) -> None:
        """Give up a server; its calls go to others, wait for its return, or end."""
        del self.members[member.route]
        self._incarnations.pop(member.incarnation, None)
        member.pool.remove(member)
        wait: dict[bytes, BrokerCall] = {}
        for call in reversed(member.calls.values()):
            call.member = None
            if call.repeatable and not call.begun:
                call.doubtful = True
                self._again(call, now)
            elif call.begun or call.stream:
                self._fail(call, Status.UNAVAILABLE, "the server was lost", now)
            else:
                wait[call.id] = call
        member.calls = {}
        if wait:
            due = now + RETURN_MS
            self._gone[member.incarnation] = due, wait
            self._later.add(due, member.incarnation)
        self._serve_all(now)

    def _return(self, member: Member) -> None:
        """Ask a server that is back for the calls that it was given."""
        due, calls = self._gone.pop(member.incarnation, (0, {}))
        self._later.discard(due, member.incarnation)
        for call in calls.values():
            if self._calls.get(call.id) is call:
                call.member = member
                member.calls[call.id] = call
                resume = wire.head(Kind.RESUME, call.id) + member.named
                self.outgoing.append([member.route, resume])

    # Calls

    def _hello(self, parts: list[Any], envelope: Any, now: int) -> None:
        if envelope.version:
            more = {"version": wire.VERSION, "incarnation": self.incarnation, "limit": self._limit}
            self.outgoing.append([parts[0], wire.more(kind=int(Kind.WELCOME), **more)])

    def _request(self, parts: list[Any], envelope: Any, now: int) -> None:
        name, route = envelope.id, parts[0]
        if not 0 < len(name) <= wire.ID_BYTES:
            return
        ours = envelope.incarnation == self.incarnation
        if ours and (name in self._calls or name in self._done):
            self._duplicate(parts, envelope, now)
            return
        method = envelope.method
        if ours and (answer := broker_services.METHODS.get(method)):
            self.outgoing.append(answer(self, parts, name, now))
            return
        who = self._user(parts[1]) or route
        queue = self.queues.get(method[1 : method.rfind("/")])
        if refusal := self._refusal(parts, envelope, queue, who, now):
            self._refuse(route, name, *refusal)
            if queue is not None:
                queue.refused += 1
            return
        if queue is None:
            queue = self._queue(method[1 : method.rfind("/")])
        self._place(self._begin(parts, envelope, queue, who, now), now)

    def _begin(
        self, parts: list[Any], envelope: Any, queue: Queue, who: str | bytes, now: int
    ) -> BrokerCall:
        name, route, stream = envelope.id, parts[0], envelope.credit > 0
        call = BrokerCall(name, route, parts, queue, now, envelope.method, stream, who)
        self._calls[name] = call
        self._counts[who] = self._counts.get(who, 0) + 1
        self._clients.setdefault(route, {})[name] = call
        if timeout := envelope.timeout:
            call.deadline = now + timeout
            self._deadlines.add(call.deadline, call)
        return call

    def _refusal(
        self, parts: list[Any], envelope: Any, queue: Queue | None, who: str | bytes, now: int
    ) -> tuple[Status, str] | None:
        if envelope.incarnation != self.incarnation:
            text = "the request was sent to another incarnation of the broker"
            return Status.UNAVAILABLE, text
        if self.draining:
            return Status.UNAVAILABLE, "the broker is ending"
        if queue is None and (
            now - self.born > STARTING_MS or len(self.queues) >= UNKNOWN_SERVICES
        ):
            return Status.UNIMPLEMENTED, f"no server has registered for {envelope.method}"
        if len(parts) - envelope.attachments != 3:
            text = "a request has one payload, and as many attachments as it says"
            return Status.INVALID_ARGUMENT, text
        if len(parts[2]) > self._limit:
            text = f"a request of {len(parts[2])} bytes is over the limit of {self._limit}"
            return Status.RESOURCE_EXHAUSTED, text
        if self._counts.get(who, 0) >= self._most:
            text = f"the client has {self._most} unfinished calls"
            return Status.RESOURCE_EXHAUSTED, text
        if queue is not None and len(queue.waiting) >= self._waiting and queue.roomy() is None:
            text = f"{self._waiting} calls of {queue.name} wait for a server"
            return Status.RESOURCE_EXHAUSTED, text
        if not envelope.timeout and envelope.HasField("timeout"):
            return Status.DEADLINE_EXCEEDED, "it came too late"
        return None

    def _place(self, call: BrokerCall, now: int) -> None:
        """Give a call to the server with the most room, or let it wait for one."""
        pool = call.queue.roomy()
        if pool is None:
            call.queue.waiting[call.id] = call
        else:
            self._hand(call, pool.best(), now)

    def _again(self, call: BrokerCall, now: int) -> None:
        """Let a call that is no longer with a server wait, as the next, if another may get it."""
        call.member = None
        if call.doubtful and not call.repeatable:  # a duplicate of a call that was executed
            text = "the server that knows the call cannot be asked"
            self._fail(call, Status.UNAVAILABLE, text, now)
            return
        if not call.doubtful:
            call.last = b""
        call.queue.waiting[call.id] = call
        call.queue.waiting.move_to_end(call.id, last=False)

    def _hand(self, call: BrokerCall, member: Member, now: int) -> None:
        call.member, call.last, call.handed = member, member.incarnation, now
        member.calls[call.id] = call
        member.pool.change(member, -1)
        head = memoryview(call.parts[1]).tobytes() + member.named
        if call.deadline is not None:
            head += wire.timeout_field(max(0, call.deadline - now))
        self.outgoing.append([member.route, head, *call.parts[2:]])

    def _serve(self, pool: Pool, now: int) -> None:
        """Give calls that wait to servers of a pool, as many as these have room for."""
        while pool.most > 0 and (queue := pool.longest()) is not None:
            call = queue.waiting.popitem(last=False)[1]
            self._hand(call, pool.best(), now)

    def _serve_all(self, now: int) -> None:
        for pool in self._pools.values():
            self._serve(pool, now)

    # Duplicates, and those who come back for an answer

    def _move(self, call: BrokerCall, route: bytes) -> None:
        """Send what comes of a call to where the last message about it came from."""
        self._leave_client(call)
        call.route, call.lost = route, False
        self._clients.setdefault(route, {})[call.id] = call

    def _leave_client(self, call: BrokerCall) -> None:
        calls = self._clients[call.route]
        del calls[call.id]
        if not calls:
            del self._clients[call.route]

    def _duplicate(self, parts: list[Any], envelope: Any, now: int) -> None:
        """Let the server answer that knows the call."""
        if known := self._calls.get(envelope.id):
            self._move(known, parts[0])
            return
        member = self._incarnations.get(self._done[envelope.id][1])
        queue = self.queues.get(envelope.method[1 : envelope.method.rfind("/")])
        repeatable = queue is not None and envelope.method in queue.repeatable
        if len(parts) - envelope.attachments == 3 and queue and (member or repeatable):
            call = self._begin(parts, envelope, queue, parts[0], now)
            call.doubtful = True
            if member is None:
                self._place(call, now)
            else:
                self._hand(call, member, now)
        else:
            self._forgotten(parts[0], envelope.id)

    def _resume(self, parts: list[Any], envelope: Any, now: int) -> None:
        name = envelope.id
        ours = envelope.incarnation == self.incarnation
        if ours and (known := self._calls.get(name)):
            self._move(known, parts[0])
            return
        member = (
            self._incarnations.get(self._done[name][1]) if ours and name in self._done else None
        )
        if member is None:
            self._forgotten(parts[0], name)
            return
        call = self._begin(parts[:2], envelope, member.pool.queues[0], parts[0], now)
        self._hand(call, member, now)  # the server has the reply

    def _forgotten(self, route: bytes, name: bytes) -> None:
        error = RpcError(Status.UNAVAILABLE, "the broker does not know how this call ends")
        self.outgoing.append([route, wire.status(name, error)])

    # What is said about calls

    def _known(self, parts: list[Any], envelope: Any) -> BrokerCall | None:
        """Return the call that a server says something about, if it was given that call."""
        member = self.members.get(parts[0])
        return None if member is None else member.calls.get(envelope.id)

    def _answer(self, parts: list[Any], envelope: Any, now: int) -> None:
        call = self._known(parts, envelope)
        if call is None:
            return
        queue = call.queue
        if envelope.kind == _STATUS and envelope.executed == Executed.NO:
            if envelope.status == Status.UNAVAILABLE:
                self._returned(call, now)
                return
            if call.doubtful:
                parts[1] = memoryview(parts[1]).tobytes() + _DOUBT
        queue.calls += 1
        queue.failed += envelope.status != 0
        queue.waited += call.handed - call.start
        queue.lasted += now - call.start
        parts[0] = call.route
        self.outgoing.append(parts)
        self._end(call, now)

    def _returned(self, call: BrokerCall, now: int) -> None:
        """Take a call back that a server did not begin; it gets no more until it registers."""
        member = call.member
        assert member is not None
        del member.calls[call.id]
        self._set_room(member, 0)
        self._again(call, now)
        self._serve_all(now)

    def _item(self, parts: list[Any], envelope: Any, now: int) -> None:
        if call := self._known(parts, envelope):
            call.begun = True
            parts[0] = call.route
            self.outgoing.append(parts)

    def _credit(self, parts: list[Any], envelope: Any, now: int) -> None:
        call = self._calls.get(envelope.id)
        if call is not None and call.member is not None:
            parts[0] = call.member.route
            self.outgoing.append(parts)

    def _cancel(self, parts: list[Any], envelope: Any, now: int) -> None:
        if call := self._calls.get(envelope.id):
            self._abandon(call, now)

    def _abandon(self, call: BrokerCall, now: int) -> None:
        """End a call that nobody waits for."""
        if call.member is not None:
            self.outgoing.append([call.member.route, wire.head(Kind.CANCEL, call.id)])
        self._end(call, now)

    # The end of a call

    def _end(self, call: BrokerCall, now: int) -> None:
        """Forget a call; if a server was given it, only which one is known for a while."""
        del self._calls[call.id]
        self._leave_client(call)
        if call.deadline is not None:
            self._deadlines.discard(call.deadline, call)
        count = self._counts[call.who] - 1
        if count:
            self._counts[call.who] = count
        else:
            del self._counts[call.who]
        if call.last:
            self._done[call.id] = now, call.last
            if len(self._done) > REMEMBERED_CALLS:
                self._done.popitem(last=False)
        member = call.member
        if member is None:
            call.queue.waiting.pop(call.id, None)
            return
        del member.calls[call.id]
        pool = member.pool
        pool.change(member, 1)
        self._serve(pool, now)

    def _fail(
        self,
        call: BrokerCall,
        status: Status,
        text: str,
        now: int,
        executed: Executed = Executed.UNKNOWN,
    ) -> None:
        if call.doubtful:
            executed = Executed.UNKNOWN
        self._refuse(call.route, call.id, status, text, executed)
        call.queue.calls += 1
        call.queue.failed += 1
        self._end(call, now)

    def _refuse(
        self,
        route: bytes,
        name: bytes,
        status: Status,
        text: str,
        executed: Executed = Executed.NO,
    ) -> None:
        error = RpcError(status, text, executed=executed)
        self.outgoing.append([route, wire.status(name, error)])

    # Time, and who is gone

    def next(self) -> int:
        """Return when to call `tick`."""
        dues = (self._deadlines.next(), self._later.next(), self._probe, *self._looks[:1])
        return min(due for due in dues if due is not None)

    def tick(self, now: int) -> None:
        """End what has expired, and look who is gone: sending to them fails."""
        for call in self._deadlines.expired(now):
            if self._calls.get(call.id) is not call:
                continue
            if call.id in call.queue.waiting:
                text = "no server had room in time"
                self._fail(call, Status.DEADLINE_EXCEEDED, text, now, Executed.NO)
            else:
                self._end(call, now)  # client and server keep the time by themselves
        for name in self._later.expired(now):
            for call in self._gone.pop(name)[1].values():
                if self._calls.get(call.id) is call and call.member is None:
                    self._fail(call, Status.UNAVAILABLE, "the server was lost", now)
        if self._looks and now >= self._looks[0]:
            self._looks.pop(0)
            busy = [route for route, member in self.members.items() if member.calls]
            self.outgoing += ([route, _PROBE] for route in busy)
        if now >= self._probe:
            self._probe = now + PROBE_MS
            self.outgoing += ([route, _PROBE] for route in (*self.members, *self._clients))
        while self._done and next(iter(self._done.values()))[0] <= now - REMEMBERED_MS:
            self._done.popitem(last=False)

    def disconnected(self, now: int) -> None:
        """Take note that the connection of some client or server has ended."""
        if not self._looks:
            self._looks = [now + later for later in LOOKS_MS]

    def unreachable(self, frames: list[Any], now: int) -> None:
        """Take note that a message could not be sent: its receiver is gone."""
        route = frames[0]
        member = self.members.get(route)
        if member is not None:
            envelope = wire.decode(frames[1])
            call = member.calls.pop(envelope.id, None)
            if call is not None and envelope.kind == Kind.REQUEST:
                self._again(call, now)  # the server has not got it
            elif call is not None:
                member.calls[call.id] = call
            self._lose(member, now)
            return
        calls = list(self._clients.get(route, {}).values())
        for call in calls:
            if call.lost or call.stream:
                self._abandon(call, now)
            call.lost = True  # it may come back, over another connection
