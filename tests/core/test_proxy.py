"""The proxy: every message whole, in order and once, both ways, until the context ends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from support import LONG, Connect, Make, Pair, Run, await_subscription

import zmqlite as zmq

MESSAGES = [
    [b"one"],
    [b""],
    [b"two", b"frames"],
    [b"", b"", b""],
    [b"x" * LONG, b"y", b"z" * 200_000],
    [b"%d" % number for number in range(1500)],
]


class Line:
    """Two sockets for a proxy, and the peers at their far ends."""

    def __init__(self, pair: Pair, kinds: list[zmq.SocketType], **options: Any) -> None:
        first, frontend, backend, last = kinds
        self.frontend, self.first = pair(frontend, first, **options)
        self.backend, self.last = pair(backend, last, **options)


STREAMER = [zmq.PUSH, zmq.PULL, zmq.PUSH, zmq.PULL]
STRAIGHT = [zmq.PAIR, zmq.PAIR, zmq.PAIR, zmq.PAIR]


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_requests_go_to_workers_and_answers_back(
    transport: str, make: Make, connect: Connect, run: Run
) -> None:
    frontend, backend = make(zmq.ROUTER), make(zmq.DEALER)
    clients, workers = [make(zmq.REQ) for _ in range(5)], [make(zmq.REP) for _ in range(3)]
    for client in clients:
        connect(frontend, client, transport)
    for worker in workers:
        connect(backend, worker, transport)
        run(answer, worker)
    run(zmq.proxy, frontend, backend)
    for message in MESSAGES:
        for number, client in enumerate(clients):
            client.send_multipart([*message, b"%d" % number])
        for number, client in enumerate(clients):
            assert client.recv_multipart(timeout=5000) == [*message, b"%d" % number, b"answer"]


@pytest.mark.parametrize(
    ("kind", "client"), [(zmq.REP, zmq.REQ), (zmq.ROUTER, zmq.REQ), (zmq.DEALER, zmq.DEALER)]
)
def test_one_socket_on_both_sides_echoes(
    kind: zmq.SocketType, client: zmq.SocketType, pair: Pair, run: Run
) -> None:
    echo, peer = pair(kind, client)
    capture, copies = pair(zmq.PUSH, zmq.PULL)
    run(zmq.proxy, echo, echo, capture)
    for message in MESSAGES:
        peer.send_multipart(message)
        assert peer.recv_multipart(timeout=5000) == message
        assert copies.recv_multipart(timeout=5000)[-len(message) :] == message
    assert not copies.poll(0)


def answer(worker: zmq.Socket) -> None:
    try:
        while True:
            worker.send_multipart([*worker.recv_multipart(), b"answer"])
    except zmq.ZMQError:
        return


def test_subscriptions_and_messages_go_through_a_forwarder(
    make: Make, connect: Connect, run: Run
) -> None:
    frontend, backend = make(zmq.XSUB), make(zmq.XPUB)
    publisher, subscribers = make(zmq.XPUB), [make(zmq.SUB), make(zmq.SUB)]
    connect(frontend, publisher)
    for subscriber, topic in zip(subscribers, (b"a", b"b"), strict=True):
        connect(backend, subscriber)
        subscriber.subscribe(topic)
    run(zmq.proxy, frontend, backend)
    for _ in range(2):
        assert publisher.recv(timeout=5000) in (b"\1a", b"\1b")
    for message in ([b"a", b"1"], [b"c", b"2"], [b"b", b"x" * LONG]):
        publisher.send_multipart(message)
    assert subscribers[0].recv_multipart(timeout=5000) == [b"a", b"1"]
    assert subscribers[1].recv_multipart(timeout=5000) == [b"b", b"x" * LONG]
    subscribers[0].unsubscribe(b"a")
    assert publisher.recv(timeout=5000) == b"\0a"


@pytest.mark.parametrize(
    ("kind", "sink"),
    [(zmq.PUSH, zmq.PULL), (zmq.PAIR, zmq.PAIR), (zmq.DEALER, zmq.DEALER), (zmq.PUB, zmq.SUB)],
)
def test_a_copy_of_every_message_goes_to_the_capture(
    kind: zmq.SocketType, sink: zmq.SocketType, pair: Pair, run: Run
) -> None:
    line = Line(pair, STRAIGHT)
    capture, copies = pair(kind, sink)
    if sink is zmq.SUB:
        copies.subscribe(b"")
        await_subscription(copies, capture)
    run(zmq.proxy, line.frontend, line.backend, capture)
    for message in MESSAGES:
        line.first.send_multipart(message)
        assert line.last.recv_multipart(timeout=5000) == message
        assert copies.recv_multipart(timeout=5000) == message
        line.last.send_multipart(message[::-1])
        assert line.first.recv_multipart(timeout=5000) == message[::-1]
        assert copies.recv_multipart(timeout=5000) == message[::-1]
    assert not copies.poll(0)


# A target without room


def fill(socket: zmq.Socket, room: int) -> list[bytes]:
    """Send as many numbers as there is room for on the whole way."""
    numbers = [b"%d" % number for number in range(room)]
    assert socket.send_many(numbers, timeout=5000) == room
    assert not socket.poll(20, zmq.POLLOUT)
    return numbers


def test_a_full_target_holds_up_its_own_direction_only(pair: Pair, run: Run) -> None:
    line = Line(pair, STRAIGHT, sndhwm=10, rcvhwm=10)
    run(zmq.proxy, line.frontend, line.backend)
    numbers = fill(line.first, 40)
    with pytest.raises(zmq.Again):
        line.first.send(b"", zmq.DONTWAIT)
    for number in range(100):
        line.last.send(b"%d" % number, timeout=5000)
        assert line.first.recv(timeout=5000) == b"%d" % number
    assert [line.last.recv(timeout=5000) for _ in numbers] == numbers
    line.first.send(b"again", timeout=5000)
    assert line.last.recv(timeout=5000) == b"again"


@pytest.mark.parametrize("target", [zmq.PUSH, zmq.XPUB])
def test_a_proxy_that_waits_for_room_uses_no_time(
    target: zmq.SocketType, make: Make, connect: Connect, run: Run
) -> None:
    source, frontend = make(zmq.PUSH), make(zmq.PULL)
    options = {"xpub_nodrop": True} if target is zmq.XPUB else {}
    backend = make(target, sndhwm=1, **options)
    sink = make(zmq.PULL if target is zmq.PUSH else zmq.SUB, rcvhwm=1)
    connect(frontend, source)
    connect(backend, sink)
    if target is zmq.XPUB:
        sink.subscribe(b"")
        await_subscription(sink, backend)
    messages = [[b"%d" % number, b"more"] for number in range(10)]
    for message in messages:
        source.send_multipart(message)
    run(zmq.proxy, frontend, backend)
    assert sink.poll(5000)
    start = time.process_time()
    assert zmq.Poller().poll(200) == []
    assert time.process_time() - start < 0.1
    assert [sink.recv_multipart(timeout=5000) for _ in messages] == messages


# Beginning and end


def test_what_waited_before_the_proxy_goes_first(pair: Pair, run: Run) -> None:
    line = Line(pair, STREAMER)
    line.first.send(b"taken")
    line.first.send_multipart([b"in", b"the", b"shim"])
    line.first.send(b"behind")
    assert line.frontend.recv_many() == [b"taken"]  # and met one of several frames
    run(zmq.proxy, line.frontend, line.backend)
    assert line.last.recv_multipart(timeout=5000) == [b"in", b"the", b"shim"]
    assert line.last.recv(timeout=5000) == b"behind"


def test_a_proxy_on_an_ended_context_ends_at_once(context: zmq.Context, make: Make) -> None:
    sockets = make(zmq.PULL), make(zmq.PUSH)
    context.term()
    zmq.proxy(*sockets)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_socket_is_refused(closed: int, make: Make) -> None:
    sockets = [make(zmq.PAIR), make(zmq.PAIR), make(zmq.PAIR)]
    if closed == 2:  # the capture is found closed with the first message
        sockets[0].bind("inproc://capture")
        peer = make(zmq.PAIR)
        peer.connect("inproc://capture")
        peer.send(b"")
    sockets[closed].close()
    with pytest.raises(zmq.SocketClosed):
        zmq.proxy(*sockets)


def test_a_message_for_nobody_is_reported_and_gone(make: Make, connect: Connect, run: Run) -> None:
    source, frontend = make(zmq.PUSH), make(zmq.PULL)
    backend, peer = make(zmq.ROUTER, router_mandatory=True), make(zmq.DEALER, routing_id=b"peer")
    connect(frontend, source)
    connect(backend, peer)
    source.send_multipart([b"nobody", b"gone"])
    source.send_multipart([b"peer", b"arrives"])
    with pytest.raises(zmq.HostUnreachable, match="zmq_proxy"):
        zmq.proxy(frontend, backend)
    run(zmq.proxy, frontend, backend)
    assert peer.recv(timeout=5000) == b"arrives"


def test_a_target_that_cannot_send_is_reported(make: Make, connect: Connect) -> None:
    source, frontend, backend = make(zmq.PUSH), make(zmq.PULL), make(zmq.PULL)
    connect(frontend, source)
    source.send(b"frame")
    with pytest.raises(zmq.NotSupported, match=r"proxy\(\) on PULL \[zmq_proxy\]"):
        zmq.proxy(frontend, backend)
