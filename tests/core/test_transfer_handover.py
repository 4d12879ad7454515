"""What a receive left when a signal handler raised right after it: the next receive has it."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from support import LONG, Pair, Run

import zmqlite as zmq
from zmqlite.transfer import FRAME, MANY, MESSAGE, PARTS, SINGLE, WHOLE

Receive = Callable[[zmq.Socket], Any]


def single(got: bytes | list[bytes]) -> list[bytes]:
    return [got] if isinstance(got, bytes) else got


FORMS: dict[str, tuple[Receive, Callable[[Any], list[bytes]]]] = {
    "recv": (lambda s: s.recv(zmq.DONTWAIT), lambda got: [got]),
    "recv_string": (lambda s: s.recv_string(zmq.DONTWAIT), lambda got: [got.encode()]),
    "recv_message": (lambda s: s.recv_message(zmq.DONTWAIT), lambda got: [bytes(got)]),
    "recv_multipart": (lambda s: s.recv_multipart(zmq.DONTWAIT), list),
    "_receive_single": (lambda s: s._receive_single(zmq.DONTWAIT), single),
    "recv_parts": (lambda s: s.recv_parts(1, zmq.DONTWAIT), lambda got: list(map(bytes, got))),
    "recv_many": (lambda s: s.recv_many(9, zmq.DONTWAIT), list),
    "for": (lambda s: next(iter(s)), lambda got: [got]),
    "iter_multipart": (lambda s: next(s.iter_multipart()), list),
}


def interrupt(socket: zmq.Socket, what: int, limit: int = 1) -> None:
    """Receive as far as C goes: what comes next is where a signal handler may raise."""
    assert socket._handle.receive(zmq.DONTWAIT, None, what, limit) is None


def into(socket: zmq.Socket) -> bytes:
    buffer = bytearray(2 * LONG)
    return bytes(buffer[: socket.recv_into(buffer, zmq.DONTWAIT)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", [FRAME, MESSAGE, WHOLE, MANY, PARTS, SINGLE])
def test_the_next_receive_of_any_form_gets_it_first(form: str, what: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    receive, frames = FORMS[form]
    for size in (0, 1, 30, 1000, LONG):
        messages = [b"%d" % n * size for n in range(4)]
        sender.send_many(messages)
        interrupt(receiver, what)
        got: list[bytes] = []
        while len(got) < 4:
            got += frames(receive(receiver))
        assert got == messages
        assert receiver.poll(0) == 0


@pytest.mark.parametrize("what", [FRAME, MESSAGE, WHOLE, MANY, PARTS, SINGLE])
def test_a_receive_into_memory_gets_it_first(what: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_many([b"first", b"second"])
    interrupt(receiver, what)
    assert [into(receiver), into(receiver)] == [b"first", b"second"]


@pytest.mark.parametrize("what", [FRAME, MESSAGE])
def test_the_first_of_several_frames_stays_the_first(what: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"1", b"2", b"3"])
    interrupt(receiver, what)
    assert receiver.rcvmore is False  # nothing of this message has been taken
    assert receiver.recv_multipart() == [b"1", b"2", b"3"]


def test_a_later_frame_stays_behind_those_that_were_taken(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"1", b"2", b"3"])
    assert receiver.recv() == b"1"
    interrupt(receiver, WHOLE)
    assert receiver.rcvmore is True
    assert (receiver.recv(), receiver.rcvmore) == (b"2", True)
    assert (receiver.recv(), receiver.rcvmore) == (b"3", False)


def test_a_batch_that_is_too_long_for_the_next_call_is_divided(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    messages = [b"%d" % n for n in range(10)]
    sender.send_many(messages)
    interrupt(receiver, MANY, 8)
    assert receiver.recv_many(3) == messages[:3]
    assert receiver.recv_many() == messages[3:]


def test_a_message_keeps_what_is_known_about_its_sender(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, "tcp")
    sender.send(b"frame")
    assert receiver.poll(10_000)
    interrupt(receiver, MESSAGE)
    assert receiver.recv() == b"frame"
    sender.send_multipart([b"1", b"2"])
    assert receiver.poll(10_000)
    interrupt(receiver, MESSAGE)
    first = receiver.recv_message()
    assert (bytes(first), first.more) == (b"1", True)
    assert first.metadata("Peer-Address") == "127.0.0.1"
    assert receiver.recv() == b"2"


@pytest.mark.parametrize("what", [FRAME, MESSAGE, WHOLE, MANY, PARTS, SINGLE])
def test_it_counts_as_something_to_receive(what: int, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    sender.send(b"frame")
    interrupt(receiver, what)
    assert receiver.poll(0) == zmq.POLLIN
    interrupt(receiver, what)
    assert receiver.events & zmq.POLLIN
    interrupt(receiver, what)
    assert poller.poll(0) == [(receiver, zmq.POLLIN)]
    assert receiver.recv() == b"frame"


def test_a_proxy_forwards_it_first(pair: Pair, run: Run) -> None:
    sender, frontend = pair(zmq.PUSH, zmq.PULL)
    backend, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"1", b"2"])
    sender.send(b"3")
    interrupt(frontend, FRAME)
    run(zmq.proxy, frontend, backend)
    assert receiver.recv_multipart(timeout=10_000) == [b"1", b"2"]
    assert receiver.recv(timeout=10_000) == b"3"


def test_it_is_dropped_with_the_socket(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send(b"frame")
    interrupt(receiver, FRAME)
    receiver.close()
    for receive in (receiver.recv, receiver.recv_message, lambda: next(iter(receiver))):
        with pytest.raises(zmq.SocketClosed):
            receive()


def test_an_unknown_encoding_takes_nothing(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send(b"text")
    with pytest.raises(LookupError):
        receiver.recv_string(encoding="no such")
    assert receiver.recv_string() == "text"


def test_parts_are_messages_up_to_the_limit_and_bytes_beyond_it(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    sender.send_multipart([b"1", b"2", b"3"])
    first, second, third = receiver.recv_parts(2)
    assert isinstance(first, zmq.Message)
    assert isinstance(second, zmq.Message)
    assert (bytes(first), bytes(second), third) == (b"1", b"2", b"3")
    assert (first.more, second.more) == (True, True)
    assert repr(first) == "<zmqlite.Message of 1 bytes, more follow>"


def test_iterators_yield_frames_or_whole_messages_until_the_context_ends(
    pair: Pair, context: zmq.Context
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    for _ in range(2):
        sender.send_multipart([b"1", b"2"])
    frames, messages = iter(receiver), receiver.iter_multipart()
    assert iter(frames) is frames
    assert (next(frames), next(frames)) == (b"1", b"2")
    assert next(messages) == [b"1", b"2"]
    context.shutdown()
    assert (list(frames), list(messages)) == ([], [])


def test_an_iterator_keeps_its_socket_open(context: zmq.Context) -> None:
    frames = iter(context.socket(zmq.PULL, rcvtimeo=0))
    with pytest.raises(zmq.Again):
        next(frames)
    cycle: list[object] = [frames]
    cycle.append(cycle)
    del frames, cycle
    with pytest.warns(ResourceWarning, match="unclosed"):
        gc.collect()


def test_an_iterator_raises_what_a_receive_does(pair: Pair) -> None:
    _, receiver = pair(zmq.PUSH, zmq.PULL)
    receiver.rcvtimeo = 1
    with pytest.raises(zmq.Timeout, match="within 1 ms"):
        next(iter(receiver))
    receiver.close()
    with pytest.raises(zmq.SocketClosed):
        next(iter(receiver))
