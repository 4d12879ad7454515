"""Memory lent to libzmq: kept as long as it is needed, and not longer."""

from __future__ import annotations

import array
import gc
import json
import mmap
import socket
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from program_support import said
from support import LONG, TRANSPORTS, Connect, Make, Pair, Task, eventually, subscribe

import zmqlite as zmq
from zmqlite import message

SIZE = 100_000
PATTERN = bytes(range(250)) * (SIZE // 250)

pinned = message.collect


def lend(content: bytes = PATTERN) -> tuple[zmq.Message, Callable[[], bool]]:
    """A message over memory that nobody else holds, and whether that memory was let go."""
    memory = array.array("B", content)
    alive = weakref.ref(memory)
    return zmq.Message(memory), lambda: alive() is None


@contextmanager
def refusing() -> Iterator[str]:
    """A port that refuses connections, and can be bound afterwards."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{hole.getsockname()[1]}"


def test_long_bytes_are_lent_and_let_go_when_they_were_received(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    before = pinned()
    for i in range(3):
        sender.send(b"%d" % i * LONG)
    sender.send_multipart([b"x" * LONG, b"short", b"y" * LONG])
    assert pinned() == before + 5
    for i in range(3):
        assert receiver.recv() == b"%d" % i * LONG
        pinned()
        assert pinned() == before + 4 - i
    assert receiver.recv_multipart() == [b"x" * LONG, b"short", b"y" * LONG]
    assert pinned() == before


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_is_let_go_after_delivery_without_another_call(pair: Pair, transport: str) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, transport)
    before = pinned()
    lent, let_go = lend()
    sender.send_multipart([b"head", lent, b"tail"])
    del lent
    for i in range(20):
        sender.send(bytes([i]) * SIZE)  # nobody but libzmq has them
    assert receiver.recv_multipart(timeout=5000) == [b"head", PATTERN, b"tail"]
    for i in range(20):
        assert receiver.recv(timeout=5000) == bytes([i]) * SIZE
    eventually(let_go)  # which makes no call of zmqlite
    eventually(lambda: pinned() == before)


@pytest.mark.parametrize("data", [b"x" * (LONG - 1), bytearray(LONG), memoryview(bytes(LONG))])
def test_short_bytes_and_other_buffers_are_copied(data: Any, pair: Pair) -> None:
    sender, _receiver = pair(zmq.PUSH, zmq.PULL)
    before = pinned()
    sender.send(data)
    sender.send_multipart([data, data])
    sender.send_many([data, data])
    assert pinned() == before


def test_bytes_for_many_are_lent_once(make: Make, connect: Connect) -> None:
    publisher = make(zmq.XPUB, xpub_verbose=True)
    subscribers = [make(zmq.SUB) for _ in range(3)]
    before = pinned()
    for subscriber in subscribers:
        connect(publisher, subscriber)
        subscribe(subscriber, publisher)
    publisher.send(b"x" * LONG)
    assert pinned() == before + 1
    for subscriber in subscribers:
        assert subscriber.recv(timeout=5000) == b"x" * LONG
    assert pinned() == before


@pytest.mark.parametrize("topic", [b"", b"x"])
def test_what_no_subscriber_wants_is_not_held(topic: bytes, pair: Pair) -> None:
    publisher, subscriber = pair(zmq.PUB, zmq.SUB, "tcp")
    if topic:
        subscribe(subscriber, publisher, topic)
    before = pinned()
    publisher.send(b"y" * LONG)
    assert pinned() == before


def test_a_mapped_file_can_be_closed_after_delivery(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    before = pinned()
    with mmap.mmap(-1, SIZE) as memory:
        memory[:] = PATTERN
        lent = zmq.Message(memory)
        sender.send(lent)
        del lent
        assert receiver.recv(timeout=5000) == PATTERN
        eventually(lambda: pinned() == before)
        # Leaving the block raises BufferError where a view of it is still alive.


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_memory_is_not_let_go_before_a_late_peer_has_received_it(
    make: Make, transport: str, tmp_path: Path
) -> None:
    sender, receiver = make(zmq.PUSH), make(zmq.PULL)
    with refusing() as tcp:
        endpoint = {"inproc": "inproc://late", "ipc": f"ipc://{tmp_path}/late", "tcp": tcp}[
            transport
        ]
        sender.connect(endpoint)
    lent, let_go = lend()
    sender.send(lent)
    sender.send(PATTERN[::-1])
    del lent
    gc.collect()
    pinned()
    waste = [bytes([number]) * SIZE for number in range(200)]  # would be put where it was
    time.sleep(0.05)
    assert not let_go()
    receiver.bind(endpoint)
    assert receiver.recv(timeout=5000) == PATTERN
    assert receiver.recv(timeout=5000) == PATTERN[::-1]
    eventually(let_go)
    del waste


def closed(make: Make) -> zmq.Socket:
    pusher = make(zmq.PUSH)
    pusher.close()
    return pusher


def waiting_for_a_reply(make: Make) -> zmq.Socket:
    asker = make(zmq.REQ)
    asker.connect("inproc://reply")
    asker.send(b"question")
    return asker


def terminated(make: Make) -> zmq.Socket:
    pusher = make(zmq.PUSH)
    pusher.context.shutdown()
    return pusher


Prepare = Callable[[Make], zmq.Socket]

FAILURES: dict[str, tuple[Prepare, int, int | None, type[zmq.ZMQError]]] = {
    "nobody there": (lambda make: make(zmq.PUSH), zmq.DONTWAIT, None, zmq.Again),
    "nobody there in time": (lambda make: make(zmq.PUSH), 0, 10, zmq.Timeout),
    "closed": (closed, 0, None, zmq.SocketClosed),
    "terminated": (terminated, 0, None, zmq.ContextTerminated),
    "a type that does not send": (lambda make: make(zmq.PULL), 0, None, zmq.NotSupported),
    "out of turn": (waiting_for_a_reply, 0, None, zmq.StateError),
    "no such peer": (
        lambda make: make(zmq.ROUTER, router_mandatory=True),
        0,
        None,
        zmq.HostUnreachable,
    ),
}


@pytest.mark.parametrize("why", FAILURES)
def test_memory_is_let_go_at_once_where_sending_fails(why: str, make: Make) -> None:
    prepare, flags, timeout, error = FAILURES[why]
    sender = prepare(make)
    before = pinned()
    lent, let_go = lend()
    messages: list[list[Any]] = [[lent, b""], [PATTERN, b"x"], [b"x", lent], [PATTERN] * 20]
    for frames in messages:
        with pytest.raises(error):
            sender.send_multipart(frames, flags, timeout=timeout)
    if why != "no such peer":  # which takes it for a routing id
        with pytest.raises(error):
            sender.send(PATTERN, flags, timeout=timeout)
    del lent, frames, messages
    assert pinned() == before
    assert let_go()


def test_memory_is_let_go_at_once_where_a_frame_is_refused(make: Make) -> None:
    sender = make(zmq.PUSH)
    before = pinned()
    lent, let_go = lend()
    for bad in ("text", None, 5):
        with pytest.raises(TypeError):
            sender.send_multipart([lent, PATTERN, bad])  # type: ignore[list-item]
    del lent
    assert pinned() == before
    assert let_go()


@pytest.mark.parametrize("linger", [0, 400])
def test_closing_lets_unsent_memory_go_after_the_linger(linger: int, make: Make) -> None:
    lent, let_go = lend()
    with refusing() as nowhere:
        pusher = make(zmq.PUSH)
        pusher.connect(nowhere)
        pusher.send(lent)
        del lent
        start = time.monotonic()
        pusher.close(linger=linger)
        assert not linger or time.monotonic() - start < linger / 1000  # it waits in the background
        eventually(let_go)  # which makes no call of zmqlite
        assert time.monotonic() - start >= linger / 1000 - 0.01


def test_closing_lets_go_of_what_waited_in_c(pair: Pair) -> None:
    before = pinned()
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send(b"x" * LONG)
    with pytest.raises(OSError, match="bytes into 5"):
        receiver.recv_into(bytearray(5))
    assert pinned() == before + 1
    receiver.close()
    assert pinned() == before


def test_term_lets_all_memory_go_before_it_returns() -> None:
    before = pinned()
    context = zmq.Context(linger=0)
    lent = [lend() for _ in range(50)]
    for number in range(50):
        sender = context.socket(zmq.PUSH)
        sender.connect(f"inproc://nobody-{number}")
        sender.send_multipart([lent[number][0], PATTERN])
        sender.close()
    let_go = [each for _, each in lent]
    lent.clear()
    gc.collect()

    def end() -> int:
        context.term()
        return pinned()

    # In another thread: nobody but `term` itself lets go there.
    assert Task(end).result() == before
    assert all(each() for each in let_go)


def test_a_thread_that_sends_lets_memory_go_while_the_main_thread_is_blocked(pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, "tcp")
    sender.sndhwm = receiver.rcvhwm = 5
    most = 0

    def flood() -> None:
        nonlocal most
        for number in range(300):
            sender.send(PATTERN + b"%d" % number)
            most = max(most, pinned())

    def drain() -> None:
        for _ in range(300):
            receiver.recv()

    tasks = Task(flood), Task(drain)
    for task in tasks:
        task.result()  # waits for a lock, so that nothing of the interpreter's runs meanwhile
    assert most < 100


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("size", [5, 100, SIZE])
def test_a_view_outlives_message_socket_and_context(
    transport: str, size: int, connect: Connect
) -> None:
    before = pinned()
    with zmq.Context(linger=0) as context, context.socket(zmq.PUSH) as sender:
        receiver = context.socket(zmq.PULL)
        connect(receiver, sender, transport)
        lent, let_go = lend(PATTERN[:size])
        sender.send(lent)
        sender.send(b"y" * size)
        view = receiver.recv_message(timeout=5000).data[3:]
        kept = receiver.recv_message(timeout=5000)
        receiver.close()
        del lent
    del sender, receiver, context
    gc.collect()
    pinned()
    assert view == PATTERN[3:size]
    assert kept.data == b"y" * size
    assert not let_go() or transport != "inproc"  # over others the receiver has memory of its own
    del view, kept
    eventually(let_go)
    eventually(lambda: pinned() == before)


def test_what_is_returned_for_nothing_is_a_reference_of_its_own() -> None:
    """Python 3.11 counts them, and ends the process when it comes to nought."""
    # In a process of its own: from Python 3.12 on other modules may make the counts go astray.
    assert said("safety/memory", "references") == "True\n"


def test_no_thread_of_ours_frees_memory() -> None:
    assert said("safety/memory", "threads") == "1 3\n"


@pytest.mark.slow
def test_memory_stays_flat_whatever_is_done() -> None:
    most = 2**22
    grown: dict[str, int] = json.loads(said("safety/memory", "growth", most, deadline=50))
    assert len(grown) == 18
    assert {kind: size for kind, size in grown.items() if size > most} == {}
