"""One frame sent and received: what arrives, how long a call waits, and what it refuses."""

from __future__ import annotations

import array
import errno
import time
from typing import Any

import pytest
from support import LONG, TRANSPORTS, Make, Pair, Run, eventually, inside

import zmqlite as zmq

SIZES = [0, 1, 33, 34, 8191, 8192, 8193, LONG - 1, LONG, LONG + 1, 1_000_000]


def pattern(size: int) -> bytes:
    """Bytes whose order matters."""
    return bytes(range(251)) * (size // 251) + bytes(range(size % 251))


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("size", SIZES)
def test_a_frame_arrives_as_it_was_sent(transport: str, size: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport)
    data = pattern(size)
    for timeout in (None, 5000) * 2:
        sender.send(data, timeout=timeout)
    assert receiver.recv(timeout=5000) == data
    assert receiver.recv() == data
    buffer = bytearray(b"\xff" * (size + 3))
    assert receiver.recv_into(buffer) == size
    assert buffer == data + b"\xff" * 3
    assert receiver.recv_message().data == data


def test_a_buffer_may_be_changed_once_it_was_sent(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    for size in (5, LONG):
        data = bytearray(b"x" * size)
        sender.send(data)
        data[:] = b"y" * size
        data.append(0)  # nothing holds on to it
        assert receiver.recv() == b"x" * size


@pytest.mark.parametrize("text", ["", "plain", "Zürich 東京 🚀", "x" * LONG])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_arrives_as_it_was_sent(text: str, encoding: str, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_string(text, encoding=encoding)
    assert receiver.recv_string(encoding=encoding) == text


@pytest.mark.parametrize("size", [1, 9000, LONG])
def test_bytes_that_are_no_text_come_with_the_error_and_are_taken(size: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send(b"\xff" * size)
    sender.send(b"next")
    with pytest.raises(UnicodeDecodeError) as caught:
        receiver.recv_string()
    assert caught.value.object == b"\xff" * size
    assert receiver.recv_string() == "next"


def test_only_a_text_is_sent_as_text(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    with pytest.raises(TypeError, match=r"takes str, not bytes; see send\(\)"):
        sender.send_string(b"bytes")  # type: ignore[arg-type]  # the point
    with pytest.raises(UnicodeEncodeError):
        sender.send_string("ü", encoding="ascii")
    assert not receiver.poll(0)


# How long a call waits


def timed(call: Any, *args: Any, **options: Any) -> tuple[float, type[BaseException]]:
    """How many milliseconds a call took, and what it raised."""
    start = time.monotonic()
    with pytest.raises(zmq.ZMQError) as caught:
        call(*args, **options)
    return (time.monotonic() - start) * 1000, caught.type


@pytest.mark.parametrize(
    ("kind", "method", "arguments"),
    [
        (zmq.PULL, "recv", []),
        (zmq.PULL, "recv_multipart", []),
        (zmq.PULL, "recv_many", []),
        (zmq.PULL, "recv_string", []),
        (zmq.PUSH, "send", [b""]),
        (zmq.PUSH, "send_multipart", [[b"frame"]]),
        (zmq.PUSH, "send_many", [[b"frame"]]),
    ],
)
def test_a_call_waits_as_long_as_it_says(
    kind: zmq.SocketType, method: str, arguments: list[Any], make: Make
) -> None:
    spent, error = timed(getattr(make(kind), method), *arguments, timeout=50)
    assert error is zmq.Timeout
    assert 49 <= spent < 2000


def test_without_a_timeout_the_option_says_how_long(make: Make) -> None:
    receiver, sender = make(zmq.PULL, rcvtimeo=40), make(zmq.PUSH, sndtimeo=40)
    for call, *args in (
        (receiver.recv,),
        (receiver.recv_multipart,),
        (sender.send, b""),
        (sender.send, b"", zmq.SNDMORE),
        (sender.send_many, [b""]),
    ):
        tries = [timed(call, *args) for _ in range(3)]
        assert {error for _, error in tries} == {zmq.Timeout}
        assert 39 <= min(spent for spent, _ in tries) < 75  # and not the same time again


@pytest.mark.parametrize(
    ("flags", "timeout"), [(zmq.DONTWAIT, None), (0, 0), (zmq.DONTWAIT, 10_000)]
)
def test_dontwait_and_a_timeout_of_0_do_not_wait(
    flags: int, timeout: int | None, make: Make
) -> None:
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    for spent, error in (
        timed(receiver.recv, flags, timeout=timeout),
        timed(receiver.recv_multipart, flags, timeout=timeout),
        timed(receiver.recv_into, bytearray(5), flags, timeout=timeout),
        timed(receiver.recv_message, flags, timeout=timeout),
        timed(sender.send, b"", flags, timeout=timeout),
        timed(sender.send_many, [b""], flags, timeout=timeout),
    ):
        assert error is (zmq.Again if flags else zmq.Timeout)
        assert spent < 2000


def test_the_timeout_of_a_call_wins_over_the_option_and_leaves_it_alone(
    pair: Pair, run: Run
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    receiver.rcvtimeo = 0
    sender.sndtimeo = 0
    task = run(receiver.recv, timeout=-1)
    eventually(inside, receiver)
    sender.send(b"late", timeout=-1)
    assert task.result() == b"late"
    assert (receiver.rcvtimeo, sender.sndtimeo) == (0, 0)
    assert timed(receiver.recv, timeout=20)[1] is zmq.Timeout
    assert receiver.rcvtimeo == 0
    assert timed(receiver.recv)[1] is zmq.Again


@pytest.mark.parametrize("timeout", [None, -1, 60_000])
@pytest.mark.parametrize(
    ("form", "arguments", "result"),
    [
        ("recv", [], b"late"),
        ("recv_multipart", [], [b"late"]),
        ("recv_many", [5], [b"late"]),
        ("recv_into", [bytearray(8)], 4),
    ],
)
def test_a_wait_ends_with_the_first_message(
    form: str, arguments: list[Any], result: object, timeout: int | None, pair: Pair, run: Run
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    task = run(getattr(receiver, form), *arguments, timeout=timeout)
    eventually(inside, receiver)
    sender.send(b"late")
    assert task.result() == result


def test_a_timeout_says_how_long_it_was_and_a_refusal_what_to_do(make: Make) -> None:
    socket = make(zmq.PULL)
    with pytest.raises(
        zmq.Timeout, match=r"Socket.recv\(\) on PULL .*: no message came within 20 ms$"
    ):
        socket.recv(timeout=20)
    with pytest.raises(zmq.Again, match="give a timeout") as caught:
        socket.recv(zmq.DONTWAIT)
    assert not isinstance(caught.value, zmq.Timeout)
    assert isinstance(caught.value, BlockingIOError)


# What is refused


@pytest.mark.parametrize("kind", [zmq.PUB, zmq.PUSH])
def test_a_socket_that_only_sends_does_not_receive(kind: Any, make: Make) -> None:
    socket = make(kind)
    for call in (socket.recv, socket.recv_multipart, socket.recv_many, socket.recv_message):
        with pytest.raises(zmq.NotSupported, match="zmq_recv"):
            call()


def test_req_and_rep_take_turns(pair: Pair) -> None:
    server, client = pair(zmq.REP, zmq.REQ)
    with pytest.raises(zmq.StateError, match="REQ sends then receives"):
        client.recv()
    with pytest.raises(zmq.StateError):
        server.send(b"reply")
    client.send(b"request")
    with pytest.raises(zmq.StateError):
        client.send(b"request")
    assert server.recv() == b"request"
    with pytest.raises(zmq.StateError):
        server.recv()
    server.send(b"reply")
    assert client.recv() == b"reply"


# recv_into


def test_memory_of_any_kind_is_received_into(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    numbers = array.array("d", [0.0, 0.0, 0.0])
    sender.send(array.array("d", [1.5, 2.5]))
    assert receiver.recv_into(memoryview(numbers)[1:]) == 16
    assert numbers.tolist() == [0.0, 1.5, 2.5]


@pytest.mark.parametrize("size", [5, 9000, LONG + 1])
def test_a_frame_that_does_not_fit_is_the_next_to_be_received(size: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"x" * size, b"rest"])
    buffer = bytearray(size - 1)
    for _ in range(2):
        with pytest.raises(zmq.ZMQError, match=f"{size} bytes into {size - 1}") as caught:
            receiver.recv_into(buffer)
        assert caught.value.errno == errno.EMSGSIZE
        assert "the frame was not taken: give a larger buffer" in str(caught.value)
    assert buffer == bytes(size - 1)
    assert receiver.poll(0)
    assert receiver.recv_multipart() == [b"x" * size, b"rest"]


def test_a_request_that_did_not_fit_is_received_before_it_is_answered(pair: Pair) -> None:
    server, client = pair(zmq.REP, zmq.REQ)
    client.send(b"request")
    with pytest.raises(zmq.ZMQError, match="7 bytes into 1"):
        server.recv_into(bytearray(1))
    with pytest.raises(zmq.StateError):
        server.send(b"reply")
    assert server.recv() == b"request"
    server.send(b"reply")
    assert client.recv() == b"reply"
