"""Many messages in one call, and a socket as an iterator."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support import LONG, TRANSPORTS, Pair, Run

import zmqlite as zmq
from zmqlite.constants import POLLIN, POLLOUT, REP, REQ


def receive_all(socket: zmq.Socket, count: int) -> list[bytes]:
    """Receive in batches until there are so many messages."""
    received: list[bytes] = []
    while len(received) < count:
        received += socket.recv_many(timeout=5000)
    return received


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("count", [0, 1, 999, 1023, 1024, 1025, 5000])
def test_many_messages_arrive_in_order(transport: str, count: int, pair: Pair, run: Run) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport)
    messages = [b"%d" % i * (i % 4) for i in range(count)]
    task = run(receive_all, receiver, count)
    assert sender.send_many(messages) == count
    assert task.result() == messages
    assert not receiver.poll(0)


def test_messages_of_all_sizes_and_kinds_arrive_in_order(pair: Pair, run: Run) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, "tcp")
    sizes = [0, 1, 34, 8192, 8193, 30_000, LONG - 1, LONG, LONG + 1, 300_000, 5] * 5
    messages = [bytes([i]) * size for i, size in enumerate(sizes)]
    kinds: list[type] = [bytes, bytearray, memoryview]
    task = run(receive_all, receiver, len(messages))
    assert sender.send_many(kinds[i % 3](m) for i, m in enumerate(messages)) == len(messages)
    assert task.result() == messages


@pytest.mark.parametrize("bad", ["text", 5, None])
@pytest.mark.parametrize("before", [0, 1, 1023])
def test_nothing_of_a_batch_is_sent_if_one_of_its_messages_is_bad(
    bad: Any, before: int, pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    with pytest.raises(TypeError, match=r"^send_many\(\) takes bytes"):
        sender.send_many([b""] * before + [bad])
    assert not receiver.poll(0)


def test_a_generator_that_fails_loses_no_batch_before(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    receiver.rcvhwm = sender.sndhwm = 0

    def messages() -> Iterator[bytes]:
        for i in range(1500):
            yield b"%d" % i
        raise KeyError("no more")

    with pytest.raises(KeyError):
        sender.send_many(messages())
    assert receive_all(receiver, 1024) == [b"%d" % i for i in range(1024)]
    assert not receiver.poll(0)


@pytest.mark.parametrize(("flags", "timeout"), [(zmq.DONTWAIT, None), (0, 0), (0, 20)])
def test_the_count_says_how_far_it_got(flags: int, timeout: int | None, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, sndhwm=1000, rcvhwm=1000)
    endless = (b"%d" % i for i in range(10**9))
    assert sender.send_many(endless, flags, timeout=timeout) == 2000
    with pytest.raises(zmq.Timeout if timeout else zmq.Again):
        sender.send_many([b"one more"], flags, timeout=timeout)
    assert receive_all(receiver, 2000) == [b"%d" % i for i in range(2000)]


def test_many_messages_wait_for_room(pair: Pair, run: Run) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, sndhwm=5, rcvhwm=5)
    messages = [b"%d" % i for i in range(3000)]
    for timeout in (None, 5000):
        task = run(sender.send_many, messages, timeout=timeout)
        assert receive_all(receiver, 3000) == messages
        assert task.result() == 3000


def test_a_batch_obeys_the_state_of_its_socket(pair: Pair) -> None:
    server, client = pair(REP, REQ)
    with pytest.raises(zmq.StateError):
        client.send_many([b"first", b"second"])
    assert server.recv_many() == [b"first"]
    with pytest.raises(zmq.StateError):
        server.recv_many()


# Receiving many


def test_no_more_than_the_limit_is_received(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_many([b"%d" % i for i in range(10)])
    assert receiver.recv_many(1) == [b"0"]
    assert receiver.recv_many(3) == [b"1", b"2", b"3"]
    assert receiver.recv_many(10**6) == [b"%d" % i for i in range(4, 10)]
    with pytest.raises(zmq.Again):
        receiver.recv_many(10, zmq.DONTWAIT)


def test_at_most_1024_messages_come_at_once(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_many([b""] * 1500)
    assert [len(receiver.recv_many(2000)) for _ in range(2)] == [1024, 476]


def test_at_most_64_kib_come_at_once_and_what_is_longer_alone(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sizes = [30_000, 30_000, 30_000, LONG + 1, LONG, 0, 5, LONG]
    sender.send_many([b"x" * size for size in sizes])
    batches = []
    while receiver.poll(0):
        batches.append([len(message) for message in receiver.recv_many()])
    assert batches == [[30_000] * 2, [30_000], [LONG + 1], [LONG, 0], [5], [LONG]]


MULTIPART = [b"several", b"", b"frames"]


def after_a_batch(sender: zmq.Socket, receiver: zmq.Socket) -> None:
    """Leave a message of several frames at the head of what waits for the receiver."""
    sender.send_many([b"1", b"2"])
    sender.send_multipart(MULTIPART)
    sender.send(b"3")
    assert receiver.recv_many() == [b"1", b"2"]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_message_of_several_frames_ends_a_batch_and_is_not_lost(
    transport: str, pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport)
    sender.send_many([b"1", b"2"])
    sender.send_multipart(MULTIPART)
    sender.send(b"3")
    assert receive_all(receiver, 2) == [b"1", b"2"]
    for _ in range(2):
        with pytest.raises(
            zmq.ZMQError, match=r"recv_many\(\) on PULL .* several frames: "
        ) as caught:
            receiver.recv_many(timeout=5000)
        assert caught.value.errno == errno.EPROTO
    assert receiver.recv_multipart(zmq.DONTWAIT) == MULTIPART
    assert receiver.recv_many(timeout=5000) == [b"3"]


def test_the_rest_of_a_message_is_no_message_of_one_frame(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"first", b"second"])
    assert receiver.recv() == b"first"
    with pytest.raises(zmq.ZMQError) as caught:
        receiver.recv_many()
    assert caught.value.errno == errno.EPROTO
    assert receiver.recv() == b"second"


def one_that_did_not_fit(sender: zmq.Socket, receiver: zmq.Socket) -> bytes:
    sender.send(b"last")
    with pytest.raises(zmq.ZMQError):
        receiver.recv_into(bytearray(3))
    return b"last"


def one_too_long_for_the_batch(sender: zmq.Socket, receiver: zmq.Socket) -> bytes:
    sender.send_many([b"x" * 40_000, b"y" * 40_000])
    assert receiver.recv_many() == [b"x" * 40_000]
    return b"y" * 40_000


@pytest.mark.parametrize("leave", [one_that_did_not_fit, one_too_long_for_the_batch])
def test_the_last_message_of_all_is_polled_for_in_the_handle(
    leave: Callable[[zmq.Socket, zmq.Socket], bytes], pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    last = leave(sender, receiver)
    poller = zmq.Poller()
    poller.register(sender, POLLOUT)
    poller.register(receiver, POLLIN)
    assert receiver.events == receiver.get(15) == POLLIN
    assert receiver.poll(0) == POLLIN
    start = time.monotonic()
    for _ in range(10):
        assert receiver.poll() == POLLIN
    assert time.monotonic() - start < 0.5  # without waiting
    assert poller.poll(0) == [(sender, POLLOUT), (receiver, POLLIN)]
    poller.modify(receiver, POLLOUT)  # is not what it has
    assert poller.poll(0) == [(sender, POLLOUT)]
    poller.unregister(sender)
    poller.modify(receiver, POLLIN)
    assert poller.poll() == [(receiver, POLLIN)]
    assert receiver.recv() == last
    assert receiver.events == receiver.poll(0) == 0
    assert poller.poll(0) == []


def test_rcvmore_is_about_what_was_taken_not_about_what_waits(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    after_a_batch(sender, receiver)
    assert not receiver.rcvmore
    with pytest.raises(zmq.ZMQError):
        receiver.recv_many()
    assert not receiver.rcvmore
    assert receiver.recv_multipart() == MULTIPART
    assert not receiver.rcvmore


@pytest.mark.parametrize("method", ["recv", "recv_message", "recv_string", "recv_multipart"])
def test_every_receive_takes_what_waits_in_the_handle(method: str, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    after_a_batch(sender, receiver)
    first = getattr(receiver, method)(timeout=0)
    if isinstance(first, zmq.Message):
        assert first.more
        first = bytes(first)
    assert first in (MULTIPART, MULTIPART[0], MULTIPART[0].decode())
    assert receiver.rcvmore == (first != MULTIPART)
    if receiver.rcvmore:
        assert receiver.recv_multipart() == MULTIPART[1:]
    assert receiver.recv() == b"3"
