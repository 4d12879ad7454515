"""Routing ids: how a ROUTER names its peers, and who may choose the name."""

from __future__ import annotations

import pytest
from support import TRANSPORTS, Connect, Make, Pair

import zmqlite as zmq


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_peers_without_a_name_get_one_of_five_bytes(
    transport: str, make: Make, connect: Connect
) -> None:
    router, dealers = make(zmq.ROUTER), [make(zmq.DEALER) for _ in range(3)]
    names = set()
    for dealer in dealers:
        connect(router, dealer, transport)
        dealer.send(b"")
        name, _ = router.recv_multipart(timeout=5000)
        assert len(name) == 5
        assert name.startswith(b"\0")
        names.add(name)
    assert len(names) == 3


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", [zmq.REQ, zmq.DEALER, zmq.ROUTER])
@pytest.mark.parametrize("name", [b"x", b"\xff\0\xfe", b"x" * 255])
def test_a_peer_is_known_by_the_name_it_chose(
    transport: str, kind: zmq.SocketType, name: bytes, make: Make, connect: Connect
) -> None:
    router, peer = make(zmq.ROUTER, routing_id=b"router"), make(kind, routing_id=name)
    assert peer.routing_id == name
    connect(router, peer, transport)
    if kind is zmq.REQ:
        peer.send(b"question")
        assert router.recv_multipart(timeout=5000) == [name, b"", b"question"]
    router.send_multipart([name, b"", b"body"])
    assert peer.recv_multipart(timeout=5000)[-1] == b"body"
    assert router.routing_id == b"router"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_connecting_router_may_name_its_peer(
    transport: str, make: Make, connect: Connect
) -> None:
    router, first, second = (
        make(zmq.ROUTER),
        make(zmq.DEALER),
        make(zmq.DEALER, routing_id=b"own name"),
    )
    router.connect_routing_id = b"first"
    connect(first, router, transport)
    router.connect_routing_id = b"second"
    connect(second, router, transport)
    router.send_multipart([b"first", b"1"])
    router.send_multipart([b"second", b"2"])
    assert first.recv(timeout=5000) == b"1"
    assert second.recv(timeout=5000) == b"2"
    second.send(b"3")
    assert router.recv_multipart(timeout=5000) == [b"second", b"3"]


def test_the_given_name_is_for_one_connection(make: Make, connect: Connect) -> None:
    router, named, other = make(zmq.ROUTER), make(zmq.DEALER), make(zmq.DEALER)
    router.connect_routing_id = b"named"
    connect(named, router)
    connect(other, router)
    other.send(b"")
    assert router.recv_multipart(timeout=5000)[0].startswith(b"\0")


@pytest.mark.parametrize("kind", [zmq.ROUTER, zmq.STREAM])
def test_a_name_is_given_once_for_each_socket(kind: zmq.SocketType, make: Make) -> None:
    socket = make(kind)
    socket.connect_routing_id = b"name"
    socket.connect("tcp://127.0.0.1:1")
    with pytest.raises(ValueError, match="was used before on this socket"):
        socket.connect_routing_id = b"name"
    with pytest.raises(ValueError, match="was used before"):
        socket.set(61, bytearray(b"name"))
    socket.connect_routing_id = b"another"
    socket.connect("tcp://127.0.0.1:1")
    make(kind).connect_routing_id = b"name"


@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.PAIR])
def test_others_do_not_name_their_peers(kind: zmq.SocketType, make: Make) -> None:
    socket = make(kind)
    for _ in range(2):  # what libzmq refused is not taken for used
        with pytest.raises(zmq.InvalidArgument, match="connect_routing_id"):
            socket.connect_routing_id = b"name"


def test_a_second_peer_of_the_same_name_is_ignored(make: Make, connect: Connect) -> None:
    router = make(zmq.ROUTER)
    first, second = make(zmq.DEALER, routing_id=b"name"), make(zmq.DEALER, routing_id=b"name")
    connect(router, first)
    connect(router, second)
    second.send(b"ignored")
    first.send(b"heard")
    assert router.recv_multipart(timeout=5000) == [b"name", b"heard"]
    router.send_multipart([b"name", b"answer"])
    assert first.recv(timeout=5000) == b"answer"
    assert not router.poll(0)


def test_a_routing_id_alone_is_dropped(pair: Pair) -> None:
    router, dealer = pair(zmq.ROUTER, zmq.DEALER)
    dealer.send(b"hello")
    name, _ = router.recv_multipart()
    router.send(name)
    router.send(b"nobody")
    router.send_multipart([name, b"body"])
    assert dealer.recv_multipart() == [b"body"]
    assert not dealer.poll(0)
