"""Messages of several frames: whole or not at all, in order, of any kind and number."""

from __future__ import annotations

import array
import time
from collections.abc import Callable
from typing import Any

import pytest
from support import LONG, TRANSPORTS, Connect, Make, Pair, eventually

import zmqlite as zmq

MESSAGES = {
    "one frame": [b"only"],
    "one empty frame": [b""],
    "empty frames around": [b"", b"middle", b""],
    "empty frames alone": [b"", b"", b""],
    "a long frame first": [b"x" * LONG, b"a", b"b"],
    "a long frame last": [b"a", b"b", b"x" * LONG],
    "together longer than 64 KiB": [b"%d" % i * 20_000 for i in range(8)],
    "exactly 64 KiB": [b"a" * (LONG - 10), b"b" * 10],
    "one byte more": [b"a" * (LONG - 10), b"b" * 11],
    "all long": [bytes([i]) * (LONG + i) for i in range(5)],
    "16 frames": [b"%d" % i for i in range(16)],
    "17 frames": [b"%d" % i for i in range(17)],
    "1024 frames": [b"%d" % i for i in range(1024)],
    "1025 frames": [b"%d" % i for i in range(1025)],
    "50000 frames": [b""] * 50_000,
    "5000 frames, some empty, some long": [
        b"%d" % i * (i % 3) if i % 1000 else b"x" * LONG for i in range(5000)
    ],
}


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("frames", MESSAGES.values(), ids=MESSAGES.keys())
def test_a_message_arrives_as_it_was_sent(transport: str, frames: list[bytes], pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport)
    sender.send_multipart(frames)
    sender.send_multipart(frames, timeout=5000)
    assert receiver.recv_multipart() == frames
    assert receiver.recv_multipart(timeout=5000) == frames
    assert not receiver.rcvmore


@pytest.mark.parametrize("size", [3, LONG])
def test_frames_of_all_kinds_go_together(size: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.DEALER, zmq.DEALER)
    data = b"x" * size
    frames: list[Any] = [
        data,
        bytearray(data),
        memoryview(data),
        zmq.Message(data),
        b"",
        array.array("B", data),
        memoryview(b"-" + data)[1:],
        zmq.Message(),
        memoryview(data * 2)[::2],
        memoryview(data).cast("c"),
    ]
    sender.send_multipart(frames)
    sender.send_multipart(tuple(frames))
    sender.send_multipart(iter(frames))  # type: ignore[arg-type]  # as good as a list
    expected = [data] * 4 + [b""] + [data] * 2 + [b""] + [data] * 2
    for _ in range(3):
        assert receiver.recv_multipart() == expected
    for frame in frames:
        sender.send(frame)
    assert [receiver.recv() for _ in frames] == expected


@pytest.mark.parametrize("bad", ["text", 5, None, [b"frame"]])
@pytest.mark.parametrize("size", [1, LONG])
def test_a_bad_frame_is_refused_before_the_first_one_is_sent(
    bad: Any, size: int, pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    with pytest.raises(TypeError, match=r"^send_multipart\(\) takes bytes"):
        sender.send_multipart([b"x" * size, bad])
    sender.send(b"next")
    assert receiver.recv_multipart() == [b"next"]


def test_nothing_is_sent_of_a_message_that_finds_no_room(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, sndhwm=1, rcvhwm=1)
    for message in ([b"1", b"1"], [b"2", b"2"]):
        sender.send_multipart(message, zmq.DONTWAIT)
    messages: list[list[Any]] = [[b"3", b"3"], [b"3", zmq.Message(b"3")], [b"3" * LONG, b"3"]]
    for frames in messages:
        with pytest.raises(zmq.Again):
            sender.send_multipart(frames, zmq.DONTWAIT)
        with pytest.raises(zmq.Timeout):
            sender.send_multipart(frames, timeout=10)
    assert [receiver.recv_multipart() for _ in range(2)] == [[b"1", b"1"], [b"2", b"2"]]
    assert not receiver.poll(0)
    sender.send_multipart([b"4", b"4"], timeout=5000)
    assert receiver.recv_multipart(timeout=5000) == [b"4", b"4"]


# Frame by frame


def test_sndmore_makes_one_message_of_several_calls(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send(b"1", zmq.SNDMORE)
    sender.send_multipart([b"2", zmq.Message(b"3")], zmq.SNDMORE)
    assert not receiver.poll(0)
    sender.send_string("4", zmq.SNDMORE)
    sender.send(b"5" * LONG, zmq.SNDMORE | zmq.DONTWAIT)
    sender.send(b"")
    assert receiver.recv_multipart() == [b"1", b"2", b"3", b"4", b"5" * LONG, b""]


def one_by_one(socket: zmq.Socket) -> list[bytes]:
    return [socket.recv()]


def into_memory(socket: zmq.Socket) -> list[bytes]:
    buffer = bytearray(8)
    return [bytes(buffer[: socket.recv_into(buffer)])]


def as_text(socket: zmq.Socket) -> list[bytes]:
    return [socket.recv_string().encode()]


def as_message(socket: zmq.Socket) -> list[bytes]:
    message = socket.recv_message()
    assert message.more == socket.rcvmore
    return [bytes(message)]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("receive", [one_by_one, into_memory, as_text, as_message])
def test_rcvmore_tells_where_a_message_ends(
    transport: str, receive: Callable[[zmq.Socket], list[bytes]], pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport)
    messages = [[b"a"], [b"b", b"", b"c"], [b""], [b"d", b"e"]]
    for message in messages:
        sender.send_multipart(message)
    assert not receiver.rcvmore
    for message in messages:
        received = receive(receiver)
        while receiver.rcvmore:
            received += receive(receiver)
        assert received == message


def test_the_rest_of_a_message_comes_after_its_first_frame(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    for i in range(2):
        sender.send_multipart([b"first", b"second", b"x" * LONG, b"%d" % i])
    for i in range(2):
        assert receiver.recv() == b"first"
        assert receiver.rcvmore
        assert receiver.poll(0)
        assert receiver.recv_multipart(zmq.DONTWAIT) == [b"second", b"x" * LONG, b"%d" % i]
        assert not receiver.rcvmore


def test_a_message_half_sent_keeps_req_and_rep_in_their_state(pair: Pair) -> None:
    server, client = pair(zmq.REP, zmq.REQ)
    client.send(b"request", zmq.SNDMORE)
    with pytest.raises(zmq.StateError):
        client.recv()
    client.send(b"more")
    assert server.recv() == b"request"
    with pytest.raises(zmq.StateError):
        server.send(b"early")
    assert server.recv() == b"more"
    server.send_multipart([b"reply", b"", b"end"])
    assert client.recv_multipart() == [b"reply", b"", b"end"]


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("sndtimeo", [-1, 0, 1000])
def test_a_message_whose_peer_went_away_is_dropped_and_tears_no_other(
    transport: str, sndtimeo: int, make: Make, connect: Connect
) -> None:
    sender, receiver, successor = make(zmq.PUSH), make(zmq.PULL), make(zmq.PULL)
    connect(sender, receiver, transport)
    sender.send(b"first", zmq.SNDMORE)
    receiver.close()
    connect(sender, successor, transport)
    sender.sndtimeo = sndtimeo
    end = time.monotonic() + 0.02
    while time.monotonic() < end:  # libzmq notices in the middle of this, or never
        assert sender.events >= 0
        sender.send(b"more", zmq.SNDMORE)
    sender.send(b"last")

    def arrived() -> int:
        sender.send_multipart([b"whole", b"message"], timeout=5000)
        return successor.poll(1)

    eventually(arrived)
    while successor.poll(0):
        assert successor.recv_multipart() == [b"whole", b"message"]
