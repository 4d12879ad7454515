"""Bytes that are lent to libzmq without being asked for, and all of them let go again."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from support import LONG, Connect, Make, Pair, Task, eventually, subscribe

from zmqlite import PUB, PULL, PUSH, SUB, XPUB, Context
from zmqlite.message import collect


def test_long_bytes_are_lent_and_let_go_when_they_were_received(pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL)
    before = collect()
    for i in range(3):
        sender.send(b"%d" % i * LONG)
    sender.send_multipart([b"x" * LONG, b"short", b"y" * LONG])
    assert collect() == before + 5
    for i in range(3):
        assert receiver.recv() == b"%d" % i * LONG
        collect()
        assert collect() == before + 4 - i
    assert receiver.recv_multipart() == [b"x" * LONG, b"short", b"y" * LONG]
    assert collect() == before


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_bytes_on_their_way_outlive_their_last_reference(transport: str, pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL, transport)
    before = collect()
    for i in range(20):
        sender.send(bytes([i]) * 1_000_000)
    gc.collect()
    for i in range(20):
        assert receiver.recv(timeout=5000) == bytes([i]) * 1_000_000
    # libzmq tells on its own thread, and the interpreter soon lets go without being asked.
    eventually(lambda: collect() <= before)


@pytest.mark.parametrize("data", [b"x" * (LONG - 1), bytearray(LONG), memoryview(bytes(LONG))])
def test_short_bytes_and_other_buffers_are_copied(data: Any, pair: Pair) -> None:
    sender, _receiver = pair(PUSH, PULL)
    before = collect()
    sender.send(data)
    sender.send_multipart([data, data])
    sender.send_many([data, data])
    assert collect() == before


def test_bytes_that_were_not_sent_are_let_go_at_once(make: Make, pair: Pair) -> None:
    before = collect()
    data = b"x" * LONG
    pub, sub = pair(PUB, SUB)
    pub.send(data)  # dropped: nobody subscribed
    with pytest.raises(BlockingIOError):
        make(PUSH).send(data, timeout=0)
    with pytest.raises(TypeError):
        make(PUSH).send_multipart([data, "text"])  # type: ignore[list-item]  # the point
    with pytest.raises(OSError, match="zmq_send"):
        sub.send(data)
    assert collect() == before


def test_bytes_for_many_are_lent_once(make: Make, connect: Connect) -> None:
    publisher, subscribers = make(XPUB, xpub_verbose=True), [make(SUB) for _ in range(3)]
    before = collect()
    for subscriber in subscribers:
        connect(publisher, subscriber)
        subscribe(subscriber, publisher)
    publisher.send(b"x" * LONG)
    assert collect() == before + 1
    for subscriber in subscribers:
        assert subscriber.recv(timeout=5000) == b"x" * LONG
    assert collect() == before


def test_what_a_closed_socket_did_not_send_is_let_go(context: Context, make: Make) -> None:
    before = collect()
    sender = make(PUSH, linger=0)
    sender.connect("tcp://127.0.0.1:1")
    sender.send(b"x" * LONG)
    assert collect() == before + 1
    sender.close()
    context.term()
    assert collect() == before


def test_what_waited_in_c_in_a_closed_socket_is_let_go(pair: Pair) -> None:
    before = collect()
    sender, receiver = pair(PUSH, PULL)
    sender.send(b"x" * LONG)
    with pytest.raises(OSError, match="bytes into 5"):
        receiver.recv_into(bytearray(5))
    assert collect() == before + 1
    receiver.close()
    assert collect() == before


def test_the_end_of_a_context_lets_go_before_it_returns(context: Context, make: Make) -> None:
    before = collect()
    for _ in range(3):
        sender = make(PUSH)
        sender.connect("tcp://127.0.0.1:1")
        sender.send(b"x" * LONG)

    def end() -> int:
        context.term()
        return collect()

    # In another thread: nobody but `term` itself lets go there.
    assert Task(end).result() == before


def test_bytes_of_a_message_that_is_refused_are_let_go(make: Make) -> None:
    socket, before = make(PUSH), collect()
    with pytest.raises(TypeError):
        socket.send_multipart([b"x" * LONG, b"x" * LONG, 5])  # type: ignore[list-item]  # meant so
    assert collect() == before


def test_dropped_subscriptions_do_not_hold_memory(pair: Pair) -> None:
    publisher, subscriber = pair(PUB, SUB, "tcp")
    subscribe(subscriber, publisher, b"x")
    before = collect()
    publisher.send(b"y" * LONG)
    assert collect() == before
