"""Every type of socket with the peers it is made for."""

from __future__ import annotations

from typing import Any

import pytest
from support import TRANSPORTS, Connect, Make

import zmqlite as zmq
from zmqlite.constants import DRAFT_SOCKET_TYPES

ASK = [
    (zmq.REP, zmq.REQ),
    (zmq.ROUTER, zmq.REQ),
    (zmq.REP, zmq.DEALER),
    (zmq.ROUTER, zmq.DEALER),
    (zmq.ROUTER, zmq.ROUTER),
]


@pytest.mark.parametrize("kind", zmq.SocketType)
def test_every_stable_type_can_be_made(kind: zmq.SocketType, make: Make) -> None:
    socket = make(kind)
    assert socket.type is kind
    assert f"zmqlite.Socket {kind.name} at" in repr(socket)
    assert make(int(kind)).type is kind  # type: ignore[arg-type]  # a number is as good


@pytest.mark.parametrize("name", DRAFT_SOCKET_TYPES)
@pytest.mark.skipif(zmq.has("draft"), reason="libzmq was built with drafts")
def test_a_draft_type_is_refused(name: str, context: zmq.Context) -> None:
    with pytest.raises(
        zmq.NotSupported, match=rf"Context.socket\('{name}'\) \[zmq_socket\].*draft"
    ):
        context.socket(DRAFT_SOCKET_TYPES[name])


@pytest.mark.parametrize("number", ["PUSH", 1.0, None, True, 2**31])
def test_a_type_is_a_number(number: Any, context: zmq.Context) -> None:
    with pytest.raises((TypeError, ValueError), match="type is"):
        context.socket(number)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(("server", "client"), ASK)
def test_a_question_gets_its_answer(
    transport: str, server: zmq.SocketType, client: zmq.SocketType, make: Make, connect: Connect
) -> None:
    names = {"routing_id": b"server"} if client is zmq.ROUTER else {}
    there, here = make(server, **names), make(client)
    if client is zmq.ROUTER:
        here.connect_routing_id = b"server"
    connect(there, here, transport)
    head = {zmq.REQ: [], zmq.DEALER: [b""], zmq.ROUTER: [b"server"]}[client]
    for question in ([b"question"], [b"a", b"", b"b"]):
        here.send_multipart([*head, *question])
        received = there.recv_multipart(timeout=5000)
        envelope = len(received) - len(question)
        assert received[envelope:] == question
        assert envelope == (0 if server is zmq.REP else 1 if client is zmq.ROUTER else 2)
        there.send_multipart([*received, b"answer"])
        assert here.recv_multipart(timeout=5000) == [*head, *question, b"answer"]


def test_a_pair_has_one_peer(make: Make, connect: Connect) -> None:
    first, second, third = make(zmq.PAIR), make(zmq.PAIR), make(zmq.PAIR)
    endpoint = connect(first, second)
    third.connect(endpoint)
    third.send(b"nobody hears this")
    second.send(b"hello")
    assert first.recv(timeout=5000) == b"hello"
    assert not first.poll(0)


def test_types_that_do_not_fit_part_at_once(make: Make) -> None:
    server, client = make(zmq.REP), make(zmq.PUSH)
    with client.monitor(zmq.MonitorEvent.DISCONNECTED) as monitor:
        client.connect(server.bind("tcp://127.0.0.1:*"))
        assert monitor.recv(timeout=5000).event is zmq.MonitorEvent.DISCONNECTED


# Type: whether one may send alone, and when connected.
CAN_SEND = {
    **dict.fromkeys((zmq.SUB, zmq.REP, zmq.PULL), (False, False)),
    **dict.fromkeys((zmq.PAIR, zmq.REQ, zmq.DEALER, zmq.PUSH), (False, True)),
    **dict.fromkeys((zmq.PUB, zmq.ROUTER, zmq.XPUB, zmq.XSUB, zmq.STREAM), (True, True)),
}


@pytest.mark.parametrize("kind", zmq.SocketType)
def test_a_type_says_when_it_can_send(kind: zmq.SocketType, make: Make, endpoint: str) -> None:
    alone, connected = CAN_SEND[kind]
    socket = make(kind)
    assert socket.events == alone * zmq.POLLOUT
    if kind is not zmq.STREAM:
        peers = {zmq.PAIR: zmq.PAIR, zmq.REQ: zmq.REP, zmq.PUSH: zmq.PULL}
        make(peers.get(kind, zmq.DEALER)).bind(endpoint)
        socket.connect(endpoint)
        both = zmq.POLLIN | zmq.POLLOUT
        assert socket.events == socket.poll(0, both) == connected * zmq.POLLOUT


def test_conflate_keeps_the_newest_message(make: Make, connect: Connect) -> None:
    sender, receiver = make(zmq.PUSH), make(zmq.PULL, conflate=True)
    connect(sender, receiver)  # over inproc it is the one who connects that decides
    sender.send_many([b"%d" % number for number in range(100)])
    assert receiver.recv(timeout=5000) == b"99"
    with pytest.raises(zmq.Again):
        receiver.recv(zmq.DONTWAIT)
    sender.send(b"100")
    assert receiver.recv(timeout=5000) == b"100"


# Requests that go unanswered


def test_a_relaxed_req_asks_again_and_drops_the_late_answer(make: Make, connect: Connect) -> None:
    client = make(zmq.REQ, req_relaxed=True, req_correlate=True)
    server = make(zmq.ROUTER)
    connect(server, client)
    client.send(b"first")
    first = server.recv_multipart(timeout=5000)
    client.send(b"second")
    second = server.recv_multipart(timeout=5000)
    assert (first[-1], second[-1]) == (b"first", b"second")
    assert first[1] != second[1]  # the number of the request
    server.send_multipart(first)
    server.send_multipart(second)
    assert client.recv(timeout=5000) == b"second"
    assert not client.poll(0)


def test_a_rep_drops_the_answer_for_one_who_left(make: Make, connect: Connect) -> None:
    server, gone, next_one = make(zmq.REP), make(zmq.REQ), make(zmq.REQ)
    connect(server, gone)
    gone.send(b"bye")
    assert server.recv(timeout=5000) == b"bye"
    gone.close()
    server.send(b"too late")
    connect(server, next_one)
    next_one.send(b"hello")
    assert server.recv(timeout=5000) == b"hello"
