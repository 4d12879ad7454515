"""Both protocols against each other, without sockets: connections that break, servers that die.

The world below does what may happen between a client and two servers, in any order: hypothesis
chooses. What the guarantees say is checked for every call.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rpc_support import GREETER

from zmqlite import rpc
from zmqlite.rpc import serving, wire
from zmqlite.rpc.call import methods_of
from zmqlite.rpc.calling import RESUME_MS, ClientCall, ClientProtocol, Link
from zmqlite.rpc.serving import Happened, ServerCall, ServerProtocol
from zmqlite.rpc.status import Executed, RpcError, Status
from zmqlite.rpc.timers import Timers

HELLO, ASK, WATCH = METHODS = methods_of(GREETER)
METHOD: Final = HELLO.field
LIMIT = 1000


class Host:
    """A server that can die: then its successor has another incarnation."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.lives = 0
        self.begin()

    def begin(self) -> None:
        self.lives += 1
        incarnation = b"%d-%d" % (self.number, self.lives)
        methods = {method.name: method for method in METHODS}
        self.protocol = ServerProtocol(incarnation, methods, calls=6, limit=LIMIT)
        self.calls: list[ServerCall] = []


class World:
    def __init__(self) -> None:
        self.now = 1000
        self.hosts = [Host(0), Host(1)]
        self.client = ClientProtocol(["0", "1"])
        self.there: dict[Link, list[list[Any]]] = {}  # to the servers
        self.back: dict[Link, list[list[Any]]] = {}
        self.routes: dict[Link, bytes] = {}
        self.calls: list[tuple[ClientCall, bytes]] = []
        self.executed: dict[bytes, int] = {}
        self.cancelled: set[bytes] = set()
        self.numbers = 0
        self.open()

    def open(self) -> None:
        for link in self.client.closed(self.now):
            self.numbers += 1
            self.routes[link] = b"%d" % self.numbers
            self.there[link], self.back[link] = [], []
            self.client.opened(link)
        self.flush()

    def flush(self) -> None:
        for link, frames in self.client.outgoing:
            self.there[link].append(frames)
        self.client.outgoing.clear()
        self.client.news.clear()
        for host in self.hosts:
            for route, *frames in host.protocol.outgoing:
                for link, known in self.routes.items():
                    if known == route and int(link.endpoint) == host.number:
                        self.back[link].append(frames)
            host.protocol.outgoing.clear()

    # What may happen

    def call(self, number: int) -> None:
        payload = b"%d" % len(self.calls)
        timeout = (-1, 50, 5000)[number % 3]
        repeats = number % 2 == 1
        call = self.client.start(ASK if repeats else HELLO, [payload], timeout, self.now)
        self.calls.append((call, payload))

    def arrive(self, number: int, copies: int = 1) -> None:
        link = self.client.links[number % 2]
        host = self.hosts[number % 2]
        if self.there[link]:
            frames = self.there[link].pop(0)
            for _ in range(copies):
                event = host.protocol.receive([self.routes[link], *frames], self.now)
                if event and event[0] is Happened.BEGIN:
                    host.calls.append(event[1])

    def twice(self, number: int) -> None:
        self.arrive(number, 2)

    def answer(self, number: int) -> None:
        link = self.client.links[number % 2]
        if self.back[link]:
            self.client.receive(link, self.back[link].pop(0), self.now)

    def execute(self, number: int) -> None:
        host = self.hosts[number % 2]
        if host.calls:
            call = host.calls.pop(number // 2 % len(host.calls))
            if call.claim():
                payload = call.payload
                self.executed[payload] = self.executed.get(payload, 0) + 1
                if call.cancelled:  # as a task of asyncio ends
                    error = RpcError(Status.CANCELLED, executed=Executed.YES)
                    host.protocol.fail(call, error, self.now)
                elif number % 5 == 4:
                    error = RpcError(Status.NOT_FOUND, executed=Executed.YES)
                    host.protocol.fail(call, error, self.now)
                else:
                    host.protocol.reply(call, b"re " + payload, b"", [], self.now)

    def cut(self, number: int) -> None:
        """A connection is lost, with all that is on its way."""
        link = self.client.links[number % 2]
        if link.reopen is None:
            self.there[link], self.back[link] = [], []
            for host in (*self.hosts, *(self.hosts if number % 4 < 2 else ())):
                host.protocol.unreachable(self.routes[link], self.now)
            self.client.lost(link, self.now)

    def die(self, number: int) -> None:
        """A server dies; what waits for it may come to its successor."""
        host = self.hosts[number % 2]
        host.begin()
        link = self.client.links[number % 2]
        self.back[link] = []
        if number % 3:
            self.arrive(number)
            self.flush()
            self.cut(number)

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
        self.client.tick(self.now)
        self.open()

    def settle(self) -> None:
        """Notice what was lost, and let everything go well until nothing is left to be done."""
        for number in (0, 1):
            self.cut(number)
        for _ in range(60):
            for host in (0, 1):
                self.hosts[host].protocol.draining = False
                for _ in range(20):
                    self.arrive(host)
                    self.execute(host)
                    self.answer(host)
                    self.flush()
            self.pass_time(2)
            if not any(self.there[link] or self.back[link] for link in self.client.links) and all(
                call.ended for call, _ in self.calls
            ):
                return

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
                    usual = (Status.NOT_FOUND, Status.RESOURCE_EXHAUSTED)
                    assert call.error.status in usual, "an idempotent call got no answer"


ACTIONS = [
    World.call,
    World.arrive,
    World.execute,
    World.answer,
    World.twice,
    World.cut,
    World.die,
    World.drain,
    World.cancel,
    World.pass_time,
]
WEIGHTS = [5, 9, 6, 8, 1, 1, 1, 1, 1, 2]
STEPS = st.lists(
    st.tuples(
        st.sampled_from([a for a, w in zip(ACTIONS, WEIGHTS, strict=True) for _ in range(w)]),
        st.integers(0, 59),
    ),
    min_size=20,
    max_size=150,
)


@settings(max_examples=80)
@given(STEPS)
def test_the_guarantees_hold_whatever_happens(steps: list[tuple[Any, int]]) -> None:
    world = World()
    for action, number in steps:
        action(world, number)
        world.flush()
        world.check()
    world.settle()
    world.check()
    assert [call for call, _ in world.calls if not call.ended] == [], "a call has no end"
    assert not any(link.calls for link in world.client.links)
    assert not world.client._waiting
    assert world.client.unfinished() == []
    for host in world.hosts:
        assert not host.protocol.unfinished


@given(st.binary(max_size=80), st.lists(st.binary(max_size=20), max_size=4))
def test_no_bytes_break_a_protocol(head: bytes, frames: list[bytes]) -> None:
    world = World()
    world.hosts[0].protocol.receive([b"route", head, *frames], 0)
    world.client.receive(world.client.links[0], [head, *frames], 0)


def welcomed(count: int = 1) -> tuple[ClientProtocol, list[Link]]:
    client = ClientProtocol([str(number) for number in range(count)])
    for number, link in enumerate(client.links):
        client.opened(link)
        fields = {"kind": 2, "version": 1, "incarnation": b"%d" % number, "limit": LIMIT}
        client.receive(link, [wire.more(**fields)], 0)
    client.outgoing.clear()
    return client, client.links


def test_calls_go_to_the_server_with_the_fewest() -> None:
    client, links = welcomed(3)
    for _ in range(30):
        client.start(HELLO, [b""], -1, 0)
    assert [len(link.calls) for link in links] == [10, 10, 10]
    client.lost(links[1], 0)
    for _ in range(4):
        client.start(HELLO, [b""], -1, 0)
    assert [len(link.calls) for link in links] == [12, 10, 12]


@pytest.mark.slow
def test_ended_calls_are_remembered_for_a_number_and_a_time_and_not_much_longer() -> None:
    protocol = Host(0).protocol
    most = serving.REMEMBERED_CALLS

    def request(index: int, now: int) -> bool:
        """Send a request; whether it is executed."""
        head = wire.head(wire.Kind.REQUEST, b"%d" % index) + METHOD
        head += wire.more(incarnation=protocol.incarnation)
        event = protocol.receive([b"route", head, b""], now)
        if event:
            event[1].claim()
            protocol.reply(event[1], bytes(2000), b"", [], now)
        protocol.outgoing.clear()
        return event is not None

    for index in range(3 * most):
        assert request(index, 0)
        assert len(protocol._done) + len(protocol._older) <= 2 * most
        assert protocol._kept <= serving.REMEMBERED_BYTES
    assert not any(request(index, 0) for index in range(2 * most, 3 * most))
    protocol.tick(serving.REMEMBERED_MS)
    assert not request(3 * most - 1, serving.REMEMBERED_MS)
    protocol.tick(2 * serving.REMEMBERED_MS)
    assert request(3 * most - 1, 2 * serving.REMEMBERED_MS)
    assert len(protocol._done) + len(protocol._older) == 1


def test_a_call_that_came_again_by_another_route_is_cancelled_by_that_route_alone() -> None:
    protocol = Host(0).protocol
    head = wire.head(wire.Kind.REQUEST, b"1") + METHOD
    head += wire.more(incarnation=protocol.incarnation)
    cancel = wire.head(wire.Kind.CANCEL, b"1")
    event = protocol.receive([b"first", head, b""], 0)
    assert event is not None
    protocol.receive([b"second", head, b""], 0)
    protocol.receive([b"first", cancel], 0)
    assert not event[1].cancelled
    protocol.receive([b"second", cancel], 0)
    assert event[1].cancelled


def asked_twice() -> tuple[ServerProtocol, ServerCall]:
    """A server with a call that came by the route `new` and then, sent before that, by `old`."""
    server = ServerProtocol(b"I", {ASK.name: ASK}, calls=5, limit=LIMIT)
    head = wire.head(wire.Kind.REQUEST, b"1") + ASK.field + wire.incarnation_field(b"I")
    event = server.receive([b"new", head, b""], 0)
    assert event is not None
    assert server.receive([b"old", head, b""], 0) is None
    return server, event[1]


@pytest.mark.parametrize("gone", [None, b"old", b"new"])
def test_a_call_that_came_by_two_routes_is_answered_to_each_that_waits(gone: bytes | None) -> None:
    server, call = asked_twice()
    if gone is not None:
        for _ in range(3):
            assert server.unreachable(gone, 0) == []
    server.reply(call, b"reply", b"", [], 0)
    assert [frames[0] for frames in server.outgoing] == [
        route for route in (b"new", b"old") if route != gone
    ]


def test_a_call_that_came_by_two_routes_is_cancelled_when_neither_waits() -> None:
    server, call = asked_twice()
    cancel = wire.head(wire.Kind.CANCEL, b"1")
    assert server.receive([b"old", cancel], 0) is None
    assert server.receive([b"old", cancel], 0) is None
    assert not call.cancelled
    assert server.receive([b"new", cancel], 0) == (Happened.CANCEL, call)


def test_a_call_is_sent_again_while_there_is_time_for_an_answer() -> None:
    client = ClientProtocol(["a"])
    client.opened(client.links[0])
    welcome = wire.more(kind=int(wire.Kind.WELCOME), version=1, incarnation=b"I", limit=LIMIT)
    now, times = 0, 0
    client.receive(client.links[0], [welcome], now)
    call = client.start(ASK, [b""], 4000, now)
    while True:
        client.lost(client.links[0], now)  # at once, whenever it was sent
        client.opened(client.links[0])
        client.receive(client.links[0], [welcome], now)
        assert call.deadline is not None
        assert call.retry is not None
        assert call.retry <= max(now + 1, now + (call.deadline - now) // 2)
        now, times = call.retry, times + 1
        client.tick(now)
        if call.ended:
            break
    assert times > 10


def test_a_call_whose_server_does_not_come_back_ends() -> None:
    client, (link,) = welcomed()
    call = client.start(HELLO, [b""], -1, 0)
    client.lost(link, 5)
    assert client.next() == 5
    client.tick(5 + RESUME_MS)
    assert call.error is not None
    assert (call.error.status, call.error.executed) == (Status.UNAVAILABLE, Executed.UNKNOWN)


def test_a_stream_that_is_sent_again_begins_anew() -> None:
    watch = methods_of(GREETER)[2]
    watch.idempotent = True
    server = ServerProtocol(b"0", {watch.name: watch}, calls=5, limit=LIMIT)
    client, (link,) = welcomed()
    call = client.start(watch, [b""], -1, 0)
    began = []
    for route in b"old", b"new":
        ((_, request),) = client.outgoing
        client.outgoing.clear()
        event = server.receive([route, *request], 0)
        assert event is not None
        assert event[0] is Happened.BEGIN
        began.append(event[1])
        server.item(event[1], b"an item")  # which does not come before the connection is lost
        if route == b"old":
            client.lost(link, 0)
            client.opened(link)
            client.outgoing.clear()
            fields = {"kind": 2, "version": 1, "incarnation": b"0", "limit": LIMIT}
            client.receive(link, [wire.more(**fields)], 0)
            client.tick(call.retry or 0)
    assert [frames[0] for frames in server.outgoing] == [b"old", b"new"]
    assert began[0].id != began[1].id
    client.cancel(call)
    ((_, (cancel,)),) = client.outgoing
    assert wire.decode(cancel).id == began[1].id


def test_more_items_than_the_credit_end_a_stream() -> None:
    client, (link,) = welcomed()
    call = client.start(WATCH, [b""], -1, 0)
    for _ in range(16):
        client.receive(link, [wire.head(wire.Kind.ITEM, call.id), *([b""] * 64)], 0)
    assert not call.ended
    client.receive(link, [wire.head(wire.Kind.ITEM, call.id), b""], 0)
    assert call.error is not None
    assert call.error.status is rpc.Status.INTERNAL


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=50))
def test_timers_return_what_is_due_and_was_not_discarded(entries: list[tuple[int, bool]]) -> None:
    timers: Timers[int] = Timers()
    for index, (due, _) in enumerate(entries):
        timers.add(due, index)
    for index, (due, keep) in enumerate(entries):
        if not keep:
            timers.discard(due, index)
    kept = sorted((due, index) for index, (due, keep) in enumerate(entries) if keep)
    assert timers.next() == (kept[0][0] if kept else None)
    assert sorted(timers.expired(25)) == sorted(index for due, index in kept if due <= 25)
    assert sorted(timers.expired(50)) == sorted(index for due, index in kept if due > 25)
