"""The high-water mark, and what each type of socket does when it is reached.

Over inproc a pipe holds exactly the sender's sndhwm plus the receiver's rcvhwm.
"""

from __future__ import annotations

import contextlib

import pytest
from support import TRANSPORTS, Connect, Make, Pair, Run, eventually, inside, subscribe, unreachable

import zmqlite as zmq

NUMBERS = [b"%d" % number for number in range(20)]


def fill(socket: zmq.Socket, *head: bytes) -> int:
    """Send numbers until there is no room; how many went."""
    for number, body in enumerate(NUMBERS):
        try:
            socket.send_multipart([*head, body], zmq.DONTWAIT)
        except zmq.Again:
            return number
    raise AssertionError("there is always room")


def drain(socket: zmq.Socket) -> list[bytes]:
    """Take the last frame of every message that is there."""
    received = []
    while socket.poll(0):
        received.append(socket.recv_multipart()[-1])
    return received


@pytest.mark.parametrize(
    ("sender", "receiver"),
    [
        (zmq.PUSH, zmq.PULL),
        (zmq.DEALER, zmq.DEALER),
        (zmq.PAIR, zmq.PAIR),
        (zmq.PUB, zmq.SUB),  # with xpub_nodrop
        (zmq.XPUB, zmq.SUB),
    ],
)
def test_a_sender_without_room_waits(
    sender: zmq.SocketType, receiver: zmq.SocketType, make: Make, connect: Connect, run: Run
) -> None:
    publishes = receiver is zmq.SUB
    source = make(sender, sndhwm=2, **{"xpub_nodrop": True} if publishes else {})
    sink = make(receiver, rcvhwm=3)
    connect(source, sink)
    if publishes:
        subscribe(sink, source)
    assert fill(source) == 5
    assert publishes or not source.poll(0, zmq.POLLOUT)
    with pytest.raises(zmq.Timeout):
        source.send(b"not sent", timeout=10)
    task = run(source.send_multipart, [b"waits", b"whole"])
    eventually(inside, source)
    assert [sink.recv(timeout=5000) for _ in range(5)] == NUMBERS[:5]
    assert sink.recv_multipart(timeout=5000) == [b"waits", b"whole"]
    task.result()
    assert source.poll(5000, zmq.POLLOUT) == zmq.POLLOUT


@pytest.mark.parametrize("kind", [zmq.PUSH, zmq.DEALER, zmq.PAIR, zmq.REQ])
def test_a_sender_without_a_peer_waits(
    kind: zmq.SocketType, make: Make, endpoint: str, run: Run
) -> None:
    source, sink = make(kind), make({zmq.PUSH: zmq.PULL, zmq.REQ: zmq.REP}.get(kind, kind))
    source.bind(endpoint)
    with pytest.raises(zmq.Again):
        source.send(b"not sent", zmq.DONTWAIT)
    task = run(source.send, b"waits")
    eventually(inside, source)
    sink.connect(endpoint)
    assert sink.recv(timeout=5000) == b"waits"
    task.result()


def test_one_that_connects_may_queue_before_anybody_binds(make: Make, endpoint: str) -> None:
    source, sink = make(zmq.PUSH, sndhwm=4), make(zmq.PULL, rcvhwm=3)
    source.connect(endpoint)
    assert fill(source) == 4
    sink.bind(endpoint)
    assert drain(sink) == NUMBERS[:4]


@pytest.mark.parametrize("hwm", [{"sndhwm": 0}, {"rcvhwm": 0}])
def test_a_mark_of_0_is_no_limit(hwm: dict[str, int], make: Make, connect: Connect) -> None:
    source = make(zmq.PUSH, **{"sndhwm": 2, **{k: v for k, v in hwm.items() if k == "sndhwm"}})
    sink = make(zmq.PULL, **{"rcvhwm": 2, **{k: v for k, v in hwm.items() if k == "rcvhwm"}})
    connect(sink, source)
    assert source.send_many([b""] * 50_000, zmq.DONTWAIT) == 50_000


def test_a_long_message_of_many_frames_counts_as_one(pair: Pair) -> None:
    sink, source = pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1)
    for _ in range(2):
        source.send_multipart([b"x"] * 1000, zmq.DONTWAIT)
    with pytest.raises(zmq.Again):
        source.send(b"", zmq.DONTWAIT)
    assert [len(sink.recv_multipart()) for _ in range(2)] == [1000, 1000]


@pytest.mark.parametrize("publisher", [zmq.PUB, zmq.XPUB])
def test_a_publisher_drops_for_whom_there_is_no_room(
    publisher: zmq.SocketType, make: Make, connect: Connect
) -> None:
    source = make(publisher, sndhwm=2)
    slow, fast = make(zmq.SUB, rcvhwm=3), make(zmq.SUB)
    for sink, topic in ((slow, b""), (fast, b"1")):
        connect(source, sink)
        subscribe(sink, source, topic)
    for number in NUMBERS:
        source.send(number)
    assert drain(fast) == [number for number in NUMBERS if number.startswith(b"1")]
    assert drain(slow) == NUMBERS[:5]
    assert source.events  # takes in that there is room again
    source.send(b"1 again")
    assert (slow.recv(), fast.recv()) == (b"1 again", b"1 again")


def test_an_xsub_drops_what_it_cannot_send(make: Make) -> None:
    source = make(zmq.XSUB)
    source.send(b"nobody is there")
    source.send_multipart([b"\1topic", b"more"])


def test_a_router_drops_for_whom_it_does_not_know_or_has_no_room(
    make: Make, connect: Connect
) -> None:
    router, dealer = make(zmq.ROUTER, sndhwm=2), make(zmq.DEALER, rcvhwm=3, routing_id=b"peer")
    connect(router, dealer)
    router.send_multipart([b"nobody", b"dropped"])
    for number in NUMBERS:
        router.send_multipart([b"peer", number], zmq.DONTWAIT)
    assert drain(dealer) == NUMBERS[:5]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_mandatory_router_says_whom_it_does_not_know(
    transport: str, make: Make, connect: Connect
) -> None:
    router, dealer = make(zmq.ROUTER, router_mandatory=True), make(zmq.DEALER, routing_id=b"peer")
    for frames in ([b"peer", b"body"], [b"", b""], [b"peer" * 1000, b"body"]):
        with pytest.raises(zmq.HostUnreachable, match="no connected peer has this routing id"):
            router.send_multipart(frames)
    connect(router, dealer, transport)
    router.send_multipart([b"peer", b"body"])
    with pytest.raises(zmq.HostUnreachable):
        router.send_multipart([b"nobody", b"body"], zmq.DONTWAIT)
    router.send_multipart([b"peer", b"a", b"b"])
    assert dealer.recv(timeout=5000) == b"body"
    assert dealer.recv_multipart(timeout=5000) == [b"a", b"b"]
    dealer.close()
    eventually(unreachable, router, b"peer")


def test_a_mandatory_router_waits_for_room(make: Make, connect: Connect, run: Run) -> None:
    router = make(zmq.ROUTER, sndhwm=2, router_mandatory=True)
    full, free = (
        make(zmq.DEALER, rcvhwm=3, routing_id=b"full"),
        make(zmq.DEALER, routing_id=b"free"),
    )
    connect(router, full)
    assert fill(router, b"full") == 5
    assert not router.poll(0, zmq.POLLOUT)
    connect(router, free)
    assert router.poll(0, zmq.POLLOUT)
    with pytest.raises(zmq.Timeout):
        router.send_multipart([b"full", b"not sent"], timeout=10)
    router.send_multipart([b"free", b"body"])
    assert free.recv(timeout=5000) == b"body"
    task = run(router.send_multipart, [b"full", b"waits", b"whole"])
    eventually(inside, router)
    assert [full.recv(timeout=5000) for _ in range(5)] == NUMBERS[:5]
    assert full.recv_multipart(timeout=5000) == [b"waits", b"whole"]
    task.result()


def test_a_rep_drops_the_answer_for_which_there_is_no_room(pair: Pair) -> None:
    server, client = pair(zmq.REP, zmq.DEALER, sndhwm=1, rcvhwm=1)
    for _ in range(5):
        client.send_multipart([b"", b"question"])
        server.send(server.recv(timeout=5000), zmq.DONTWAIT)
    assert len(drain(client)) == 2


def left_behind(receiver: zmq.Socket, endpoint: str, pair: Pair) -> int:
    """How many of sixty messages arrive that a sender left behind when it ended.

    They fit into the buffers of the system, however many of them a packet holds, but not into one
    read of libzmq's.
    """
    with zmq.Context(linger=-1) as context:
        sender = context.socket(zmq.PUSH)
        sender.connect(endpoint)
        sender.send_many([b"x" * 500] * 60)
    pair(zmq.PULL, zmq.PUSH, "tcp")  # so the receiver's I/O thread has seen the end meanwhile
    count = 0
    with contextlib.suppress(zmq.Again):
        while count < 60:
            receiver.recv(timeout=500)
            count += 1
    return count


def test_what_a_sender_left_behind_arrives_over_tcp_but_not_over_ipc(
    make: Make, pair: Pair
) -> None:
    receivers = [make(zmq.PULL, rcvhwm=1) for _ in range(2)]
    tcp, ipc = receivers[0].bind("tcp://127.0.0.1:*"), receivers[1].bind("ipc://*")
    assert left_behind(receivers[0], tcp, pair) == 60
    assert 0 < left_behind(receivers[1], ipc, pair) < 60
