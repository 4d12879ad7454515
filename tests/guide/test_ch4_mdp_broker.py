"""MDP 0.1 and MMI (RFCs 7 and 8): raw clients and workers against our broker."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from mdp_support import (
    CLIENT,
    DISCONNECT,
    FOREVER,
    HEARTBEAT,
    READY,
    REPLY,
    REQUEST,
    WAIT,
    WORKER,
    Dealer,
)
from support import Make, Run

import zmqlite as zmq
from examples.guide.ch4 import mdbroker
from examples.guide.ch4.mdbroker import Broker

New = Callable[[], Dealer]


@pytest.fixture
def heartbeat() -> int:
    return FOREVER


@pytest.fixture(autouse=True)
def _broker(make: Make, run: Run, endpoint: str, heartbeat: int) -> None:
    socket = make(zmq.ROUTER, sndhwm=0, rcvhwm=0)
    socket.bind(endpoint)
    run(Broker(socket, heartbeat).run)


@pytest.fixture
def new(make: Make, endpoint: str) -> New:
    return lambda: Dealer(make(zmq.DEALER), endpoint)


@pytest.fixture
def client(make: Make, endpoint: str) -> Dealer:
    return Dealer(make(zmq.DEALER, routing_id=b"client"), endpoint)


@pytest.fixture
def worker(new: New) -> Dealer:
    return new()


# Requests and replies


def test_a_request_and_its_reply_pass_unchanged(client: Dealer, worker: Dealer) -> None:
    worker.send(WORKER, READY, b"echo")
    client.send(CLIENT, b"echo", b"one", b"", b"\x00\xff", b"")
    assert worker.recv() == [WORKER, REQUEST, b"client", b"", b"one", b"", b"\x00\xff", b""]
    worker.send(WORKER, REPLY, b"client", b"", b"", b"two", b"\x01")
    assert client.recv() == [CLIENT, b"echo", b"", b"two", b"\x01"]


def test_a_req_client_sees_no_empty_frame(make: Make, endpoint: str, worker: Dealer) -> None:
    client = make(zmq.REQ, routing_id=b"client")
    client.connect(endpoint)
    worker.send(WORKER, READY, b"echo")
    client.send_multipart([CLIENT, b"echo", b"hello"])
    worker.serve(b"client", b"hello", b"HELLO")
    assert client.recv_multipart(timeout=WAIT) == [CLIENT, b"echo", b"HELLO"]


def test_requests_wait_for_a_worker_and_go_to_it_in_order_and_one_by_one(
    client: Dealer, worker: Dealer
) -> None:
    numbers = [b"%d" % number for number in range(2500)]  # more than two high-water marks
    for number in numbers:
        client.send(CLIENT, b"echo", number)
    assert not client.knows(b"echo")
    worker.send(WORKER, READY, b"echo")
    for number in numbers:
        worker.serve(b"client", number, number)
    assert [client.recv() for _ in numbers] == [[CLIENT, b"echo", number] for number in numbers]


def test_a_worker_has_one_request_at_a_time(client: Dealer, worker: Dealer) -> None:
    worker.register(b"echo")
    client.send(CLIENT, b"echo", b"one")
    client.send(CLIENT, b"echo", b"two")
    assert client.knows(b"echo")
    assert worker.recv()[-1] == b"one"
    assert worker.is_silent()
    worker.send(WORKER, REPLY, b"client", b"", b"ONE")
    assert worker.recv()[-1] == b"two"


def test_a_request_goes_to_the_worker_that_is_free_longest(client: Dealer, new: New) -> None:
    first, second, third = workers = new(), new(), new()
    for worker in workers:
        worker.register(b"echo")
    for worker in (first, second, third, first):
        client.send(CLIENT, b"echo", b"hello")
        worker.serve(b"client", b"hello", b"hello")
        assert client.recv() == [CLIENT, b"echo", b"hello"]
    for body in (b"one", b"two", b"three"):
        client.send(CLIENT, b"echo", body)
    third_has, second_has = third.recv(), second.recv()
    assert (second_has[-1], third_has[-1]) == (b"one", b"two")
    third.send(WORKER, REPLY, b"client", b"", b"TWO")
    assert client.recv() == [CLIENT, b"echo", b"TWO"]
    assert first.recv()[-1] == b"three"


def test_a_worker_gets_requests_for_its_own_service_only(client: Dealer, new: New) -> None:
    coffee, tea = new(), new()
    coffee.register(b"coffee")
    tea.register(b"tea")
    for service in (b"tea", b"tea", b"coffee"):
        client.send(CLIENT, service, b"please")
    coffee.serve(b"client", b"please", b"here")
    assert client.recv() == [CLIENT, b"coffee", b"here"]
    assert coffee.knows(b"tea")
    assert coffee.is_silent()  # though one for tea still waits
    tea.serve(b"client", b"please", b"there")
    assert client.recv() == [CLIENT, b"tea", b"there"]


# Workers that come and go


@pytest.mark.parametrize(
    "message", [[HEARTBEAT], [REPLY, b"client", b"", b"late"]], ids=["heartbeat", "reply"]
)
def test_an_unknown_worker_is_told_to_disconnect(worker: Dealer, message: list[bytes]) -> None:
    worker.send(WORKER, *message)
    assert worker.recv() == [WORKER, DISCONNECT]
    worker.register(b"echo")


def test_a_worker_that_is_ready_twice_is_told_to_disconnect_and_forgotten(worker: Dealer) -> None:
    worker.register(b"echo")
    worker.send(WORKER, READY, b"echo")
    assert worker.recv() == [WORKER, DISCONNECT]
    assert not worker.knows(b"echo")


def test_a_worker_that_disconnects_is_forgotten_without_an_answer(
    client: Dealer, worker: Dealer, new: New
) -> None:
    worker.register(b"echo")
    worker.send(WORKER, DISCONNECT)
    assert not worker.knows(b"echo")
    client.send(CLIENT, b"echo", b"hello")
    other = new()
    other.register(b"coffee")
    other.send(WORKER, DISCONNECT)
    other.send(WORKER, READY, b"echo")
    other.serve(b"client", b"hello", b"HELLO")
    assert client.recv() == [CLIENT, b"echo", b"HELLO"]
    assert worker.is_silent()


def test_a_busy_worker_that_disconnects_is_forgotten(client: Dealer, worker: Dealer) -> None:
    worker.register(b"echo")
    client.send(CLIENT, b"echo", b"hello")
    assert worker.recv()[:2] == [WORKER, REQUEST]
    worker.send(WORKER, DISCONNECT)
    assert not worker.knows(b"echo")
    worker.send(WORKER, REPLY, b"client", b"", b"late")
    assert worker.recv() == [WORKER, DISCONNECT]
    assert client.is_silent()


@pytest.mark.parametrize("address", [b"client", b"stranger"])
def test_a_reply_to_who_did_not_ask_makes_the_worker_register_anew(
    client: Dealer, worker: Dealer, address: bytes
) -> None:
    worker.register(b"echo")
    if address == b"stranger":
        client.send(CLIENT, b"echo", b"hello")
        assert worker.recv()[:2] == [WORKER, REQUEST]
    worker.send(WORKER, REPLY, address, b"", b"hello")
    assert worker.recv() == [WORKER, DISCONNECT]
    assert not client.knows(b"echo")
    assert client.is_silent()


# Signs of life


@pytest.mark.parametrize("heartbeat", [100])
def test_only_free_workers_get_heartbeats(client: Dealer, new: New) -> None:
    busy, free = new(), new()
    client.send(CLIENT, b"work", b"hello")
    busy.send(WORKER, READY, b"work")  # has a request at once
    assert busy.recv() == [WORKER, REQUEST, b"client", b"", b"hello"]
    free.send(WORKER, READY, b"rest")
    for _ in range(3):
        assert free.recv() == [WORKER, HEARTBEAT]
        free.send(WORKER, HEARTBEAT)
    assert busy.is_silent()
    busy.send(WORKER, REPLY, b"client", b"", b"HELLO")
    assert busy.recv() == [WORKER, HEARTBEAT]


@pytest.mark.parametrize("sign", [HEARTBEAT, REPLY], ids=["heartbeat", "reply"])
def test_a_sign_of_life_is_good_for_three_heartbeats(
    make: Make, monkeypatch: pytest.MonkeyPatch, sign: bytes
) -> None:
    now = 0
    monkeypatch.setattr(mdbroker, "clock", lambda: now)
    broker = Broker(make(zmq.ROUTER))  # with the default heartbeat of 2500 ms
    broker.handle([b"w", b"", WORKER, READY, b"echo"])
    now = 5000
    if sign == REPLY:
        broker.handle([b"c", b"", CLIENT, b"echo", b"hello"])
        now = 60_000  # a busy worker may take its time
        broker.purge()
        broker.handle([b"w", b"", WORKER, REPLY, b"c", b"", b"hello"])
    else:
        broker.handle([b"w", b"", WORKER, HEARTBEAT])
    now += 7499
    broker.purge()
    assert list(broker.workers) == [b"w"]
    now += 1
    broker.purge()
    assert not broker.workers
    assert not broker.services[b"echo"].free


# The broker's own services


def test_mmi_says_who_is_served(client: Dealer, worker: Dealer) -> None:
    def ask(service: bytes, *body: bytes) -> list[bytes]:
        client.send(CLIENT, service, *body)
        return client.recv()

    assert ask(b"mmi.service", b"echo") == [CLIENT, b"mmi.service", b"404"]
    worker.register(b"echo")
    assert ask(b"mmi.service", b"echo") == [CLIENT, b"mmi.service", b"200"]
    assert ask(b"mmi.service", b"ignored", b"echo") == [CLIENT, b"mmi.service", b"200"]
    assert ask(b"mmi.service", b"ech") == [CLIENT, b"mmi.service", b"404"]
    assert ask(b"mmi.weather", b"echo") == [CLIENT, b"mmi.weather", b"501"]
    assert ask(b"mmi.", b"echo") == [CLIENT, b"mmi.", b"501"]
    client.send(CLIENT, b"echo", b"hello")
    assert client.knows(b"echo")  # also while it is busy


def test_the_brokers_own_services_are_not_for_workers(client: Dealer, worker: Dealer) -> None:
    worker.send(WORKER, READY, b"mmi.service")
    assert worker.recv() == [WORKER, DISCONNECT]
    assert not client.knows(b"mmi.service")


# Malformed messages


@pytest.mark.parametrize(
    "message",
    [
        [b""],
        [b"hello"],
        [b"", b"MDPC02", b"echo", b"hello"],
        [b"", b"MDPW02", b"\x01", b"echo"],
        [CLIENT, b"echo", b"hello"],
        [b"x", CLIENT, b"echo", b"hello"],
        [b"", CLIENT],
        [b"", CLIENT, b"echo"],
        [b"", WORKER],
        [b"", WORKER, b""],
        [b"", WORKER, b"\x00"],
        [b"", WORKER, b"\x06"],
        [b"", WORKER, b"\x01\x00", b"echo"],
        [b"", WORKER, REQUEST, b"client", b"", b"hello"],
        [b"", WORKER, DISCONNECT, b"really"],
        [b"\xff" * 100_000],
        [b""] * 1000,
    ],
    ids=lambda message: re.sub(r"[^\w,]", "", str(message))[:30],
)
def test_what_is_malformed_is_dropped(client: Dealer, worker: Dealer, message: list[bytes]) -> None:
    worker.register(b"echo")
    for sender in (client, worker):
        sender.socket.send_multipart(message)
    assert client.knows(b"echo")  # so it is not taken as DISCONNECT
    client.send(CLIENT, b"echo", b"hello")
    worker.serve(b"client", b"hello", b"HELLO")
    assert client.recv() == [CLIENT, b"echo", b"HELLO"]


@pytest.mark.parametrize(
    "message",
    [
        [READY],
        [READY, b"echo", b"more"],
        [HEARTBEAT, b"more"],
        [REPLY],
        [REPLY, b"client"],
        [REPLY, b"client", b"HELLO"],
    ],
    ids=["ready", "ready+", "heartbeat+", "reply", "reply to client", "reply without empty"],
)
def test_a_malformed_command_makes_a_worker_register_anew(
    client: Dealer, worker: Dealer, message: list[bytes]
) -> None:
    worker.register(b"echo")
    client.send(CLIENT, b"echo", b"hello")
    assert worker.recv()[:2] == [WORKER, REQUEST]
    worker.send(WORKER, *message)
    assert worker.recv() == [WORKER, DISCONNECT]
    assert not client.knows(b"echo")
    assert client.is_silent()
