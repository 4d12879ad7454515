"""Messages without a copy: what they hold, for how long, and what is known about their sender."""

from __future__ import annotations

import array
import gc
import os
from typing import Any

import pytest
from support import LONG, Connect, Make, Pair, Run

import zmqlite as zmq
from zmqlite.message import collect


def test_an_empty_message() -> None:
    message = zmq.Message()
    assert len(message) == 0
    assert bytes(message) == b""
    assert message.data.tobytes() == b""
    assert not message.more
    assert repr(message) == "<zmqlite.Message of 0 bytes>"


@pytest.mark.parametrize("size", [1, 33, 34, LONG])
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_message_shows_the_memory_it_was_made_of(size: int, kind: Any) -> None:
    message = zmq.Message(kind(b"x" * size))
    assert len(message) == size
    assert bytes(message) == message.data == b"x" * size


def test_a_message_borrows_its_memory_and_lets_go_of_it() -> None:
    memory = bytearray(b"before")
    message = zmq.Message(memory)
    memory[:] = b"after!"
    assert bytes(message) == b"after!"
    with pytest.raises(BufferError):
        memory.append(0)
    del message
    collect()
    memory.append(0)


def test_a_message_of_other_items_has_the_size_of_its_memory() -> None:
    assert len(zmq.Message(array.array("d", [1.0, 2.0]))) == 16


@pytest.mark.parametrize("data", ["text", 5, None, [b""]])
def test_what_is_no_buffer_makes_no_message(data: Any) -> None:
    before = collect()
    with pytest.raises(TypeError):
        zmq.Message(data)
    assert collect() == before


def test_a_view_cannot_be_written_and_keeps_the_memory() -> None:
    memory = bytearray(b"content")
    view = zmq.Message(memory).data
    assert view.readonly
    assert view.contiguous
    assert view.format == "B"
    piece = view[2:5]
    del view
    gc.collect()
    collect()
    assert piece.tobytes() == b"nte"
    with pytest.raises(BufferError):
        memory.append(0)
    del piece
    collect()
    memory.append(0)


# Received messages


def test_over_inproc_the_receiver_reads_the_very_memory_of_the_sender(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    memory = bytearray(b"x" * LONG)
    sender.send(zmq.Message(memory))
    message = receiver.recv_message()
    memory[0] = 0
    assert message.data[0] == 0


def test_a_received_message_goes_on_to_others(pair: Pair) -> None:
    source, entrance = pair(zmq.PUSH, zmq.PULL, "tcp")
    exit, sink = pair(zmq.PUSH, zmq.PULL, "tcp")
    source.send_multipart([b"a" * 10, b"b" * LONG])
    frames = [entrance.recv_message(timeout=5000) for _ in range(2)]
    exit.send_multipart(frames)
    exit.send_multipart(frames[::-1])
    exit.send(frames[0])  # its own "more" is of no interest
    assert sink.recv_multipart(timeout=5000) == [b"a" * 10, b"b" * LONG]
    assert sink.recv_multipart(timeout=5000) == [b"b" * LONG, b"a" * 10]
    assert sink.recv_multipart(timeout=5000) == [b"a" * 10]
    assert bytes(frames[0]) == b"a" * 10


# What is known about the sender


def test_a_message_tells_who_sent_it(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    sender.send_multipart([b"a", b"b"])
    for _ in range(2):
        message = receiver.recv_message(timeout=5000)
        assert message.metadata("Peer-Address") == "127.0.0.1"
        assert message.metadata("Socket-Type") == "PUSH"
        assert message.metadata("User-Id") is None
        assert message.metadata("peer-address") is None
        assert message.metadata("no such name") is None


def test_a_peer_over_ipc_has_user_group_and_process(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "ipc")
    sender.send(b"")
    address = receiver.recv_message(timeout=5000).metadata("Peer-Address")
    assert address == f"localhost:{os.getuid()}:{os.getgid()}:{os.getpid()}"


def test_the_identity_of_a_peer_is_its_routing_id(make: Make, connect: Connect) -> None:
    router, dealer = make(zmq.ROUTER), make(zmq.DEALER, routing_id=b"my name")
    connect(router, dealer, "tcp")
    dealer.send(b"body")
    message = router.recv_message(timeout=5000)
    assert bytes(message) == b"my name"
    assert message.metadata("Identity") == "my name"
    assert router.recv_message().metadata("Identity") == "my name"


def test_nothing_is_known_over_inproc_and_about_messages_made_here(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    message = zmq.Message(b"made here")
    sender.send(message)
    for each in (message, receiver.recv_message()):
        assert each.metadata("Peer-Address") is None
        assert each.metadata("Socket-Type") is None


@pytest.mark.parametrize("name", ["", "X" * 1000, "Zürich"])
def test_any_name_may_be_asked_for(name: str) -> None:
    assert zmq.Message(b"").metadata(name) is None


def test_a_name_is_a_text_without_nul() -> None:
    with pytest.raises(TypeError, match="name is a str"):
        zmq.Message(b"").metadata(b"User-Id")  # type: ignore[arg-type]  # the point
    with pytest.raises(ValueError, match="NUL"):
        zmq.Message(b"").metadata("User-Id\0")


def test_what_a_zap_handler_says_about_the_sender_is_known(
    make: Make, connect: Connect, run: Run
) -> None:
    handler = make(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")

    def let_in() -> None:
        version, number, *_ = handler.recv_multipart()
        properties = b"\x05Level\0\0\0\x017"
        handler.send_multipart([version, number, b"200", b"", b"anna", properties])

    run(let_in)
    server, client = make(zmq.PULL, zap_domain="test"), make(zmq.PUSH)
    connect(server, client, "tcp")
    client.send(b"let in")
    message = server.recv_message(timeout=5000)
    assert (message.metadata("User-Id"), message.metadata("Level")) == ("anna", "7")
