"""A broker without sockets: alone, and between a client and servers, all of which may be lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rpc_support import GREETER

from zmqlite.rpc import brokering, schema, serving, wire
from zmqlite.rpc.broker_room import Member, Queue
from zmqlite.rpc.brokering import BrokerProtocol
from zmqlite.rpc.call import methods_of
from zmqlite.rpc.calling import ClientCall, ClientProtocol, Link
from zmqlite.rpc.serving import Happened, ServerCall, ServerProtocol
from zmqlite.rpc.status import Executed, RpcError, Status
from zmqlite.rpc.wire import Kind

HELLO, ASK, WATCH = METHODS = methods_of(GREETER)
"""Only the second may be repeated."""

SERVICE = GREETER.full_name
LIMIT = 1000
OURS = b"BROKER-1"


def registration(calls: int, *services: str) -> bytes:
    repeatable = [method.name for method in METHODS if method.idempotent]
    data: bytes = schema.Registration(
        services=services or [SERVICE], repeatable=repeatable, calls=calls
    ).SerializeToString()
    return data


# A broker alone


class Alone:
    """A broker whose clients and servers are this test; `sent` takes what it says."""

    def __init__(self, **options: Any) -> None:
        options = {"waiting": 3, "calls": 100, "limit": LIMIT, **options}
        user = options.pop("user", None)
        self.broker = BrokerProtocol(OURS, 0, **options)
        self.broker.user = user or self.broker.user
        self.now = 0

    def register(self, name: bytes, calls: int = 1, *services: str, route: bytes = b"") -> None:
        head = wire.more(kind=int(Kind.REGISTER), version=1, incarnation=name)
        self.broker.receive([route or name, head, registration(calls, *services)], self.now)

    def request(self, name: bytes, method: Any = HELLO, client: bytes = b"c", **more: Any) -> None:
        fields = method.field + wire.more(incarnation=OURS, **more)
        self.broker.receive([client, wire.head(Kind.REQUEST, name) + fields, b"of " + name], 0)

    def says(self, server: bytes, kind: Kind, name: bytes, *frames: bytes, **more: Any) -> None:
        head = wire.head(kind, name) + wire.more(**more)
        self.broker.receive([server, head, *frames], self.now)

    def sent(self) -> list[tuple[bytes, Any, list[bytes]]]:
        """Receivers, envelopes and the other frames; PROBE and WELCOME are left out."""
        outgoing, self.broker.outgoing = self.broker.outgoing, []
        found = [(each[0], wire.decode(each[1]), each[2:]) for each in outgoing]
        return [each for each in found if each[1].kind not in (Kind.PROBE, Kind.WELCOME)]

    def answers(self) -> list[tuple[bytes, bytes, int, int]]:
        """Receivers, ids, statuses, and whether the calls were executed."""
        return [(to, each.id, each.status, each.executed) for to, each, _ in self.sent()]

    def given(self) -> list[tuple[bytes, bytes]]:
        """Which servers were given which calls."""
        return [(to, each.id) for to, each, _ in self.sent() if each.kind == Kind.REQUEST]


def test_frames_are_passed_on_as_they_came() -> None:
    alone = Alone()
    alone.register(b"s")
    alone.sent()
    alone.request(b"1", timeout=500, metadata={"a": "b"})
    ((to, envelope, frames),) = alone.sent()
    assert (to, frames) == (b"s", [b"of 1"])
    assert (envelope.incarnation, envelope.timeout, envelope.metadata) == (b"s", 500, {"a": "b"})
    alone.says(b"s", Kind.REPLY, b"1", b"payload", b"attached", attachments=1)
    ((to, envelope, frames),) = alone.sent()
    assert (to, envelope.kind, frames) == (b"c", Kind.REPLY, [b"payload", b"attached"])
    assert alone.broker.unfinished == 0


def test_calls_go_to_the_server_with_the_most_room() -> None:
    alone = Alone(waiting=100)
    for name, calls in ((b"a", 4), (b"b", 2), (b"c", 1)):
        alone.register(name, calls)
    for number in range(9):
        alone.request(b"%d" % number)
    given_to = [to for to, _ in alone.given()]
    assert given_to[:2] == [b"a", b"a"]
    assert sorted(given_to) == [b"a"] * 4 + [b"b"] * 2 + [b"c"]
    alone.says(b"c", Kind.REPLY, b"%d" % given_to.index(b"c"), b"")
    assert [to for to, _ in alone.given()] == [b"c"]  # the first that waits


def test_a_server_may_take_fewer_calls_than_it_has() -> None:
    alone = Alone()
    alone.register(b"s", 2)
    for name in (b"1", b"2"):
        alone.request(name)
    alone.register(b"s", 1, SERVICE, "another.Service")
    alone.sent()
    alone.request(b"4")
    alone.says(b"s", Kind.REPLY, b"1", b"")
    assert alone.given() == []
    alone.says(b"s", Kind.REPLY, b"2", b"")
    assert alone.given() == [(b"s", b"4")]


def test_more_calls_than_may_wait_are_refused_at_once() -> None:
    alone = Alone()
    alone.register(b"s")
    alone.sent()
    for number in range(4):
        alone.request(b"%d" % number)
    assert alone.given() == [(b"s", b"0")]
    alone.request(b"4")
    assert alone.answers() == [(b"c", b"4", Status.RESOURCE_EXHAUSTED, Executed.NO)]


def test_a_client_has_so_many_calls() -> None:
    alone = Alone(calls=2, user=lambda part: "anna")
    alone.register(b"s", 10)
    alone.request(b"1", client=b"one")
    alone.request(b"2", client=b"two")
    alone.sent()
    alone.request(b"3", client=b"two")
    assert alone.answers() == [(b"two", b"3", Status.RESOURCE_EXHAUSTED, Executed.NO)]
    alone.says(b"s", Kind.REPLY, b"1", b"")
    alone.sent()
    alone.request(b"4")
    assert alone.given() == [(b"s", b"4")]


def test_deadlines_are_kept_while_calls_wait() -> None:
    alone = Alone()
    alone.request(b"1", timeout=50)
    assert alone.broker.next() == 50
    alone.broker.tick(50)
    assert alone.answers() == [(b"c", b"1", Status.DEADLINE_EXCEEDED, Executed.NO)]
    alone.register(b"s")
    assert alone.given() == []


def test_a_call_that_waited_takes_what_remains_of_its_deadline_along() -> None:
    alone = Alone()
    alone.request(b"1", timeout=50)
    alone.now = 20
    alone.register(b"s")
    ((_, envelope, _),) = [each for each in alone.sent() if each[1].kind == Kind.REQUEST]
    assert envelope.timeout == 30


def test_a_cancelled_call_leaves_the_queue() -> None:
    alone = Alone()
    for name in (b"1", b"2"):
        alone.request(name)
    alone.says(b"c", Kind.CANCEL, b"1")
    alone.register(b"s", 5)
    assert alone.given() == [(b"s", b"2")]
    alone.says(b"c", Kind.CANCEL, b"2")
    ((to, envelope, _),) = alone.sent()
    assert (to, envelope.kind, envelope.id) == (b"s", Kind.CANCEL, b"2")


def test_a_server_cannot_answer_the_calls_of_another_one() -> None:
    alone = Alone()
    alone.register(b"s")
    alone.request(b"1")
    alone.sent()
    alone.register(b"t")
    for stranger in (b"t", b"c", b"unknown"):
        alone.says(stranger, Kind.REPLY, b"1", b"wrong")
    assert alone.answers() == []
    assert alone.broker.unfinished == 1


def test_only_who_may_serve_a_service_registers() -> None:
    alone = Alone(
        user=lambda part: "anna", may_register=lambda user, name: (user, name) == ("anna", "good")
    )
    alone.register(b"s", 1, "good", "bad")
    ((to, envelope, _),) = alone.sent()
    assert (to, envelope.id, envelope.status) == (b"s", b"s", Status.PERMISSION_DENIED)
    assert alone.broker.members == {}
    alone.register(b"s", 1, "good")
    assert list(alone.broker.members) == [b"s"]


def test_nobody_takes_the_incarnation_of_another_user() -> None:
    alone = Alone(user=lambda part: wire.decode(part).message or None)
    head = wire.more(kind=int(Kind.REGISTER), version=1, incarnation=b"s")
    for route, user in ((b"1", "anna"), (b"2", "eve")):
        frames = [route, head + wire.more(message=user), registration(1)]
        alone.broker.receive(frames, 0)
    assert list(alone.broker.members) == [b"1"]


def test_an_unknown_service_is_waited_for_while_the_broker_is_young() -> None:
    alone = Alone()
    alone.request(b"1")
    assert alone.answers() == []
    late = Alone()
    late.broker.born = -brokering.STARTING_MS - 1
    late.request(b"1")
    assert late.answers() == [(b"c", b"1", Status.UNIMPLEMENTED, Executed.NO)]


def test_calls_of_a_lost_server_go_to_another_or_end_as_unknown() -> None:
    alone = Alone()
    alone.register(b"s", 5)
    for name, method in ((b"once", HELLO), (b"again", ASK), (b"stream", WATCH)):
        alone.request(name, method, credit=5 if method is WATCH else 0)
    alone.sent()
    alone.broker.unreachable([b"s", brokering._PROBE], 0)
    assert sorted(alone.answers()) == [
        (b"c", b"once", Status.UNAVAILABLE, Executed.UNKNOWN),
        (b"c", b"stream", Status.UNAVAILABLE, Executed.UNKNOWN),
    ]
    alone.register(b"t", 5)
    assert alone.given() == [(b"t", b"again")]
    alone.says(b"t", Kind.STATUS, b"again", status=int(Status.NOT_FOUND), executed=Executed.NO)
    assert alone.answers() == [(b"c", b"again", Status.NOT_FOUND, Executed.UNKNOWN)]
    alone.request(b"once")  # a duplicate that comes late
    assert alone.answers() == [(b"c", b"once", Status.UNAVAILABLE, Executed.UNKNOWN)]


def test_a_request_that_could_not_be_sent_was_not_executed() -> None:
    alone = Alone()
    alone.register(b"s")
    alone.sent()
    alone.request(b"1")
    alone.broker.unreachable(alone.broker.outgoing.pop(), 0)
    alone.register(b"t")
    assert alone.given() == [(b"t", b"1")]


@pytest.mark.parametrize("how", ["unreachable", "refused"])
def test_a_duplicate_never_goes_to_a_server_that_does_not_know_the_call(how: str) -> None:
    alone = Alone()
    alone.register(b"s", 5)
    alone.request(b"1")
    alone.says(b"s", Kind.REPLY, b"1", b"")
    alone.register(b"t", 5)
    alone.sent()
    alone.request(b"1")
    duplicate = alone.broker.outgoing.pop()
    assert duplicate[0] == b"s"
    if how == "unreachable":
        alone.broker.unreachable(duplicate, 0)
    else:
        no = {"status": int(Status.UNAVAILABLE), "executed": int(Executed.NO)}
        alone.says(b"s", Kind.STATUS, b"1", **no)
    assert alone.answers() == [(b"c", b"1", Status.UNAVAILABLE, Executed.UNKNOWN)]


def test_a_call_that_was_refused_stays_refused() -> None:
    alone = Alone(waiting=1)
    alone.register(b"s")
    alone.request(b"1", ASK)
    alone.request(b"2", ASK, timeout=5)
    alone.request(b"full", ASK)
    alone.broker.tick(5)
    no = {"status": int(Status.INVALID_ARGUMENT), "executed": int(Executed.NO)}
    alone.says(b"s", Kind.STATUS, b"1", **no)
    alone.broker.unreachable([b"s", brokering._PROBE], 0)
    alone.register(b"t")
    alone.sent()
    for name, status in (
        (b"full", Status.RESOURCE_EXHAUSTED),
        (b"1", Status.INVALID_ARGUMENT),
        (b"2", Status.DEADLINE_EXCEEDED),
    ):
        alone.request(name, ASK)
        assert alone.answers() == [(b"c", name, status, Executed.NO)]


def test_a_call_that_left_the_queue_may_come_again() -> None:
    alone = Alone()
    alone.request(b"1")
    for _ in range(2):  # its client is gone
        alone.broker.unreachable([b"c", brokering._PROBE], 0)
    assert alone.broker.unfinished == 0
    alone.request(b"1", client=b"c again")
    alone.register(b"s")
    assert alone.given() == [(b"s", b"1")]
    alone.says(b"s", Kind.REPLY, b"1", b"reply")
    assert [to for to, _, _ in alone.sent()] == [b"c again"]


@pytest.mark.parametrize("gone", [b"old", b"new"])
def test_a_call_that_came_over_two_connections_is_answered_over_the_one_that_lives(
    gone: bytes,
) -> None:
    alone = Alone()
    alone.request(b"1", client=b"new")
    alone.request(b"1", client=b"old")  # sent before, and read later
    for _ in range(3):
        alone.broker.unreachable([gone, brokering._PROBE], 0)
    alone.register(b"s")
    alone.says(b"s", Kind.REPLY, b"1", b"reply")
    receivers = [to for to, envelope, _ in alone.sent() if envelope.kind == Kind.REPLY]
    assert receivers == [route for route in (b"new", b"old") if route != gone]


def test_a_server_that_ends_gives_its_calls_back() -> None:
    alone = Alone()
    alone.register(b"s", 2)
    alone.request(b"1")
    alone.request(b"2")
    no = {"status": int(Status.UNAVAILABLE), "executed": int(Executed.NO)}
    alone.says(b"s", Kind.STATUS, b"1", **no)
    alone.sent()
    alone.says(b"s", Kind.REPLY, b"2", b"")
    assert alone.given() == []
    alone.register(b"t")
    assert alone.given() == [(b"t", b"1")]


def test_duplicates_go_to_the_server_that_knows_the_call() -> None:
    alone = Alone()
    for name in (b"s", b"t"):
        alone.register(name, 5)
    alone.request(b"1")
    ((server, _),) = alone.given()
    alone.says(server, Kind.REPLY, b"1", b"")
    alone.sent()
    for _ in range(2):
        alone.request(b"1", client=b"d")
        assert alone.given() == [(server, b"1")]
        alone.says(server, Kind.REPLY, b"1", b"")
        assert [to for to, _, _ in alone.sent()] == [b"d"]


def test_a_broker_that_ends_takes_no_calls_and_ends_those_it_has() -> None:
    alone = Alone()
    alone.register(b"s")
    alone.request(b"1")
    alone.request(b"2")
    alone.broker.draining = True
    alone.sent()
    alone.request(b"3")
    assert alone.answers() == [(b"c", b"3", Status.UNAVAILABLE, Executed.NO)]
    alone.says(b"s", Kind.REPLY, b"1", b"")
    assert alone.given() == [(b"s", b"2")]
    alone.says(b"s", Kind.REPLY, b"2", b"")
    assert alone.broker.unfinished == 0


def test_the_built_in_services_tell_of_servers_and_calls() -> None:
    alone = Alone()
    alone.register(b"s")
    for name in (b"1", b"2", b"3"):
        alone.request(name)
    alone.now = 10
    alone.says(b"s", Kind.REPLY, b"1", b"")
    alone.sent()

    def ask(method: str, request: Any) -> Any:
        head = wire.head(Kind.REQUEST, b"b") + wire.more(method=method, incarnation=OURS)
        alone.broker.receive([b"c", head, request.SerializeToString()], 10)
        return alone.sent()[0][2][0]

    data = ask("/zmqlite.rpc.Broker/Statistics", schema.StatisticsRequest())
    (found,) = schema.StatisticsReply.FromString(data).services
    assert (found.service, found.servers, found.calls) == (SERVICE, 1, 1)
    assert (found.waiting, found.under_way, found.lasted) == (1, 1, 10)
    data = ask("/zmqlite.rpc.Server/List", schema.ListRequest())
    assert SERVICE in schema.ListReply.FromString(data).services
    data = ask("/zmqlite.rpc.Server/Health", schema.HealthRequest(service=SERVICE))
    assert schema.HealthReply.FromString(data).serving


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=80))
def test_the_server_with_the_most_room_is_always_known(steps: list[tuple[int, bool]]) -> None:
    queue = Queue("s")
    members = [Member(b"%d" % number, b"%d" % number, None) for number in range(4)]
    for member in members:
        member.serve([queue], 0)
    for number, more in steps:
        members[number].takes += 1 if more else -1  # as a call that leaves, or comes
        if more:
            members[number].free()
        most = max(member.room for member in members)
        best = queue.best()
        assert best is None if most <= 0 else best is not None and best.room == most


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.integers(0, 11),
        "id": st.binary(max_size=17),
        "method": st.sampled_from(["", "/a.B/C"]),
        "incarnation": st.binary(max_size=4),
        "timeout": st.integers(0, 300),
        "status": st.integers(0, 16),
    },
)


@given(st.integers(0, 11), st.binary(min_size=15, max_size=17), FIELDS, st.binary(max_size=4))
@example(4, bytes(16), {"id": b"another"}, b"")
@example(4, bytes(16), {"kind": 3}, b"")
@example(4, bytes(16), {}, b"\x12\x14")
def test_an_envelope_is_read_as_protobuf_parses_it(
    kind: int, name: bytes, fields: dict[str, Any], rest: bytes
) -> None:
    head = wire.head(kind, name) + wire.more(**fields) + rest
    expected = wire.decode(head)
    for _ in range(2):
        found, call, said = wire.read(head)
        if expected is None:
            assert found == 0
            continue
        assert (found, call) == (expected.kind, expected.id)
        for field in ("method", "incarnation", "attachments", "credit", "status", "executed"):
            assert getattr(said, field) == getattr(expected, field)
        assert said.timeout == (expected.timeout if expected.HasField("timeout") else None)
        assert said.service == ("a.B" if said.method else "")


@given(st.binary(max_size=80), st.lists(st.binary(max_size=20), max_size=4))
def test_no_bytes_break_a_broker(head: bytes, frames: list[bytes]) -> None:
    for kind in ("", "\x08\x03", "\x08\x0b"):
        Alone().broker.receive([b"route", kind.encode() + head, *frames], 0)


# A client, two brokers and two servers


class Host:
    """A server that can die: then its successor has another incarnation."""

    def __init__(self, number: int) -> None:
        self.number, self.lives = number, 0
        self.begin(1000)

    def begin(self, now: int) -> None:
        self.lives += 1
        methods = {method.name: method for method in METHODS}
        incarnation = b"%d-%d" % (self.number, self.lives)
        self.protocol = ServerProtocol(incarnation, methods, calls=6, limit=LIMIT)
        self.calls: list[ServerCall] = []
        for broker in (b"B0", b"B1"):
            self.protocol.register(broker, registration(2), now)
        self.protocol.tick(now)


class World:
    """What may happen between them, in any order."""

    def __init__(self) -> None:
        self.now, self.numbers = 1000, 0
        self.hosts = [Host(0), Host(1)]
        self.client = ClientProtocol(["0", "1"])
        self.brokers = [self.broker(0), self.broker(1)]
        # What is on its way, by the client's link or the server's number, and the broker's number.
        self.there: dict[tuple[Any, int], list[list[Any]]] = {}  # to the broker
        self.back: dict[tuple[Any, int], list[list[Any]]] = {}
        self.routes: dict[tuple[Any, int], bytes] = {}
        for end in (0, 1):
            for broker in (0, 1):
                self.connect(end, broker)
        self.arrived: list[tuple[int, list[Any]]] = []
        self.calls: list[tuple[ClientCall, bytes]] = []
        self.executed: dict[bytes, int] = {}
        self.cancelled: set[bytes] = set()
        self.open()

    def broker(self, number: int) -> BrokerProtocol:
        self.numbers += 1
        name = b"broker %d" % self.numbers
        return BrokerProtocol(name, self.now, waiting=4, calls=100, limit=LIMIT)

    def connect(self, end: Any, broker: int) -> None:
        self.numbers += 1
        self.routes[end, broker] = b"%d" % self.numbers
        self.there.setdefault((end, broker), [])
        self.back[end, broker] = []

    def open(self) -> None:
        for link in self.client.closed(self.now):
            self.there[link, int(link.endpoint)] = []
            self.connect(link, int(link.endpoint))
            self.client.opened(link)
        self.flush()

    def flush(self) -> None:
        for link, frames in self.client.outgoing:
            self.there[link, int(link.endpoint)].append(frames)
        self.client.outgoing.clear()
        self.client.news.clear()
        for host in self.hosts:
            for route, *frames in host.protocol.outgoing:
                self.there[host.number, int(route[1:])].append(frames)
            host.protocol.outgoing.clear()
        for number, broker in enumerate(self.brokers):
            while broker.outgoing:
                frames = broker.outgoing.pop(0)
                for key, route in self.routes.items():
                    if route == frames[0] and key[1] == number:
                        self.back[key].append(frames[1:])
                        break
                else:
                    broker.unreachable(frames, self.now)

    # What may happen

    def call(self, number: int) -> None:
        payload = b"%d" % len(self.calls)
        timeout = (-1, 50, 5000)[number % 3]
        method = ASK if number % 2 == 1 else HELLO
        self.calls.append((self.client.start(method, [payload], timeout, self.now), payload))

    def end(self, number: int) -> tuple[Any, int]:
        """A client's or a server's end of a connection, and the broker."""
        broker, end = number % 2, number // 2 % 3
        return (self.client.links[broker] if end == 2 else end), broker

    def arrive(self, number: int, copies: int = 1) -> None:
        """A broker gets a message."""
        if ends := [key for key, frames in self.there.items() if frames]:
            key = ends[number % len(ends)]
            message = [self.routes[key], *self.there[key].pop(0)]
            for _ in range(copies):
                self.brokers[key[1]].receive([*message], self.now)
            if isinstance(key[0], Link):
                self.arrived.append((key[1], message))

    def late(self, number: int) -> None:
        """A broker gets a message of the client once more, long after.

        What it answers goes to the connection that the message came by, which may be lost.
        """
        if self.arrived:
            broker, message = self.arrived[-1 - number % min(8, len(self.arrived))]
            self.brokers[broker].receive([*message], self.now)

    def twice(self, number: int) -> None:
        self.arrive(number, 2)

    def get(self, number: int) -> None:
        """A client or a server gets a message."""
        ends = [key for key, frames in self.back.items() if frames]
        if not ends:
            return
        end, broker = ends[number % len(ends)]
        frames = self.back[end, broker].pop(0)
        if isinstance(end, Link):
            self.client.receive(end, frames, self.now)
            return
        event = self.hosts[end].protocol.receive([b"B%d" % broker, *frames], self.now)
        if event and event[0] is Happened.BEGIN:
            self.hosts[end].calls.append(event[1])

    def execute(self, number: int) -> None:
        if hosts := [host for host in self.hosts if host.calls]:
            host = hosts[number % len(hosts)]
            call = host.calls.pop(number // 2 % len(host.calls))
            if call.claim():
                payload = bytes(call.payload)
                self.executed[payload] = self.executed.get(payload, 0) + 1
                if number % 5 == 4 and not call.cancelled:
                    error = RpcError(Status.NOT_FOUND, executed=Executed.YES)
                    host.protocol.fail(call, error, self.now)
                else:
                    host.protocol.reply(call, b"re " + payload, b"", [], self.now)

    def cut(self, number: int) -> None:
        """A connection is lost, with all that is on its way."""
        end, broker = self.end(number)
        if isinstance(end, Link):
            if end.reopen is None:
                self.there[end, broker] = []
                self.back[end, broker] = []
                del self.routes[end, broker]
                self.client.lost(end, self.now)
        else:
            self.there[end, broker] = self.there[end, broker][number % 3 :]
            self.connect(end, broker)

    def look(self, number: int) -> None:
        broker = self.brokers[number % 2]
        broker.disconnected(self.now)
        broker.tick(self.now)

    def lose_server(self, number: int) -> None:
        host = self.hosts[number % 2]
        host.begin(self.now)
        for broker in (0, 1):
            self.there[host.number, broker] = []
            self.connect(host.number, broker)

    def lose_broker(self, number: int) -> None:
        """A broker dies; what is on its way to it may come to its successor."""
        self.brokers[number % 2] = self.broker(number % 2)
        for end in (0, 1):
            self.connect(end, number % 2)
        link = self.client.links[number % 2]
        self.back[link, number % 2] = []
        if number % 3 and self.there.get((link, number % 2)):
            frames = self.there[link, number % 2].pop(0)
            self.brokers[number % 2].receive([b"early", *frames], self.now)
        self.flush()
        if link.reopen is None:
            self.there[link, number % 2] = []
            del self.routes[link, number % 2]
            self.client.lost(link, self.now)

    def drain(self, number: int) -> None:
        self.hosts[number % 2].protocol.draining = number % 3 == 0

    def cancel(self, number: int) -> None:
        if self.calls:
            call, payload = self.calls[number % len(self.calls)]
            self.cancelled.add(payload)
            self.client.cancel(call)

    def pass_time(self, number: int) -> None:
        self.now += (1, 20, 300, 2500)[number % 4]
        for host in self.hosts:
            host.protocol.tick(self.now)
        for broker in self.brokers:
            broker.tick(self.now)
        self.client.tick(self.now)
        self.open()

    def settle(self) -> None:
        """Notice what was lost, and let everything go well until nothing is left to be done."""
        for number in range(6):
            self.cut(number)
        for _ in range(80):
            self.go_on()
            if all(call.ended for call, _ in self.calls) and not any(
                each._calls for each in self.brokers
            ):
                break
        for _ in range(18):  # 5 s, after which brokers know which servers have gone
            self.go_on()

    def go_on(self) -> None:
        """Let all messages arrive, and some time pass."""
        for host in self.hosts:
            host.protocol.draining = False
        for _ in range(12):
            for number in range(6):
                self.arrive(number)
                self.flush()
                self.get(number)
                self.execute(number)
                self.flush()
        self.pass_time(2)

    def check(self) -> None:
        for call, payload in self.calls:
            times = self.executed.get(payload, 0)
            if not call.method.idempotent:
                assert times <= 1, "executed twice"
            if call.ended and call.error is None:
                assert bytes(call.parts[1]) == b"re " + payload, "another call's reply"
                assert times
            elif call.error is not None:
                if call.error.executed is Executed.NO:
                    assert not times, "said not to be executed"
                if call.error.executed is Executed.YES:
                    assert times, "said to be executed"
                if (
                    call.method.idempotent
                    and call.deadline is None
                    and payload not in self.cancelled
                ):
                    # UNIMPLEMENTED: no server came to the broker for 3 seconds.
                    usual = (Status.NOT_FOUND, Status.RESOURCE_EXHAUSTED, Status.UNIMPLEMENTED)
                    assert call.error.status in usual, "an idempotent call got no answer"


def test_a_call_that_reaches_its_server_through_both_brokers_is_answered() -> None:
    world = World()
    for _ in range(6):  # the servers have registered, the first one before the other
        world.arrive(0)
        world.flush()
    for link in world.client.links:
        world.client.receive(link, world.back[link, int(link.endpoint)].pop(0), world.now)
    world.call(1)
    world.flush()
    ((call, _),) = world.calls
    for _ in world.client.links:  # it is sent through one broker, and then through the other one
        assert call.link is not None
        first = call.link
        world.arrive(0)
        world.flush()
        if call.attempts == 1:
            world.cut(4 + int(first.endpoint))
            world.now = call.retry or 0
            world.client.tick(world.now)
            world.flush()
    assert call.attempts == 2
    assert call.link is not None
    second = int(call.link.endpoint)
    for broker in (second, 1 - second):  # the server reads the older request last
        while True:
            frames = world.back[0, broker].pop(0)
            event = world.hosts[0].protocol.receive([b"B%d" % broker, *frames], world.now)
            if event:
                world.hosts[0].calls.append(event[1])
            if not world.back[0, broker]:
                break
    world.execute(0)
    world.flush()
    for _ in range(2):
        world.arrive(0)
        world.flush()
    world.client.receive(call.link, world.back[call.link, second].pop(0), world.now)
    assert call.ended
    assert call.error is None


ACTIONS: list[tuple[Callable[[World, int], None], int]] = [
    (World.call, 6),
    (World.arrive, 14),
    (World.get, 14),
    (World.execute, 7),
    (World.twice, 2),
    (World.late, 3),
    (World.cut, 1),
    (World.look, 1),
    (World.lose_server, 1),
    (World.lose_broker, 1),
    (World.drain, 1),
    (World.cancel, 1),
    (World.pass_time, 2),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([action for action, weight in ACTIONS for _ in range(weight)]),
        st.integers(0, 59),
    ),
    min_size=20,
    max_size=200,
)


@settings(max_examples=60)
@given(STEPS)
@example([(World.call, 0)] * 16 + [(World.lose_broker, 0), (World.late, 1)])
def test_the_guarantees_hold_whatever_happens(steps: list[tuple[Any, int]]) -> None:
    world = World()
    for number in range(6):  # the servers have registered
        world.arrive(number)
    world.flush()
    for action, number in steps:
        action(world, number)
        world.flush()
        world.check()
    world.settle()
    world.check()
    assert [call for call, _ in world.calls if not call.ended] == [], "a call has no end"
    assert not any(link.calls for link in world.client.links)
    for broker in world.brokers:
        assert not broker._calls
        assert not broker._counts
        assert not any(queue.waiting for queue in broker.queues.values())
        for member in broker.members.values():
            assert not member.calls
            assert all(queue.places.get(member, 0) >= member.room for queue in member.queues)
        assert {*broker._incarnations.values()} == {*broker.members.values()}


def test_ended_calls_are_remembered_up_to_a_number_and_a_time() -> None:
    alone = Alone()
    alone.register(b"s")
    bound = serving.REMEMBERED_CALLS

    def remembered() -> int:
        return len(alone.broker._done) + len(alone.broker._older)

    for index in range(2 * bound + 10):
        alone.request(b"%d" % index)
        alone.says(b"s", Kind.REPLY, b"%d" % index, b"")
        alone.broker.outgoing.clear()
        assert remembered() >= min(index + 1, bound)
    assert remembered() <= 2 * bound
    for minute in (1, 2):
        alone.now = minute * serving.REMEMBERED_MS
        alone.request(b"minute %d" % minute)
        alone.says(b"s", Kind.REPLY, b"minute %d" % minute, b"")
    assert remembered() == 1
