"""Typed sockets: over real sockets, and what becomes of the next message after a bad one."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest
from forms import FORMS, GARBAGE, TOM, frames_of, good
from schemas import Cat

import zmqlite as zmq
from zmqlite import proto


def test_bad_messages_take_nothing_from_the_time_and_add_nothing_to_it(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    errors: list[proto.DecodeError] = []
    typed = proto.TypedSocket(pull, Cat, on_error=errors.append)
    for _ in range(5):
        push.send(GARBAGE)
    with pytest.raises(zmq.Timeout, match=r"within 50 ms|within \d\d? ms"):
        typed.recv(timeout=50)
    assert len(errors) == 5
    push.send(GARBAGE)
    pull.rcvtimeo = 50
    with pytest.raises(zmq.Timeout):
        typed.recv()
    push.send(GARBAGE)
    with pytest.raises(zmq.Again):
        typed.recv(zmq.DONTWAIT)
    assert len(errors) == 7


def test_a_flood_of_bad_messages_does_not_keep_a_receive(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, rcvhwm=0, sndhwm=0)

    def answer_with_another(error: proto.DecodeError) -> None:
        push.send(GARBAGE)

    typed = proto.TypedSocket(pull, Cat, on_error=answer_with_another)
    push.send(GARBAGE)
    with pytest.raises(zmq.Timeout):
        typed.recv(timeout=50)
    with pytest.raises(zmq.Again):
        typed.recv(zmq.DONTWAIT)


def test_nothing_there_is_an_error_of_the_socket(pair: Any) -> None:
    pull, _ = pair(zmq.PULL, zmq.PUSH)
    typed = proto.TypedSocket(pull, Cat)
    for receive in (typed.recv, typed.recv_envelope, typed.recv_many):
        with pytest.raises(zmq.Again):
            receive(flags=zmq.DONTWAIT)
        with pytest.raises(zmq.Timeout):
            receive(timeout=1)


def test_no_room_is_an_error_of_the_socket(context: zmq.Context) -> None:
    with context.socket(zmq.PUSH) as push:
        typed = proto.TypedSocket(push, Cat)
        with pytest.raises(zmq.Again):
            typed.send(TOM, zmq.DONTWAIT)
        with pytest.raises(zmq.Timeout):
            typed.send(TOM, timeout=1)
        with pytest.raises(zmq.Again):
            typed.send_many([TOM], zmq.DONTWAIT)


# A flood of frames in one message


PUSH_PULL, DEALERS = (zmq.PULL, zmq.PUSH), (zmq.DEALER, zmq.DEALER)


@pytest.mark.parametrize(
    ("form", "way", "kinds"),
    [
        *((form, "recv", PUSH_PULL) for form in FORMS),
        *((form, "recv_many", DEALERS) for form in FORMS),
        ("bare", "recv_envelope", PUSH_PULL),
        ("attachments", "recv_envelope", DEALERS),
    ],
)
def test_frames_are_counted_before_objects_are_made_of_them(
    pair: Any, form: str, way: str, kinds: tuple[zmq.SocketType, zmq.SocketType]
) -> None:
    route = 0 if form == "attachments" else None  # where the number of attachments is variable
    receiver, sender = pair(*kinds)
    codec = FORMS[form]()
    count = 20_000
    typed = proto.TypedSocket(receiver, codec, route=route)
    sender.send_multipart([b"x"] * count)
    sender.send_multipart(frames_of(codec, good(form, 1)))
    tracemalloc.start()
    try:
        with pytest.raises(proto.FrameCount) as caught:
            getattr(typed, way)()
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.count == count
    assert caught.value.frames == [b"x"] * 32
    # Lists of the frames, which share the bytes object for one byte; a Message takes hundreds.
    assert peak < 64 * count
    assert kept < 8 * count / 2
    assert typed.recv() == good(form, 1)


def test_empty_frames_end_a_batch_too(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    for _ in range(100):
        push.send_multipart([b""] * 1000)
    with pytest.raises(proto.BatchError) as caught:
        proto.TypedSocket(pull, proto.Topic(Cat)).recv_many()
    assert len(caught.value.errors) < 10


# The socket behind it


def test_a_poller_and_a_reactor_take_it(reactor: zmq.Reactor, pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    receiver, sender = proto.TypedSocket(pull, Cat), proto.TypedSocket(push, Cat)
    sender.send(TOM)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    assert poller.poll(1000) == [(receiver, zmq.POLLIN)]
    received: list[Any] = []

    def take(typed: proto.TypedSocket[Any, Any]) -> None:
        received.append(typed.recv(zmq.DONTWAIT))
        reactor.stop()

    reactor.reader(receiver, take)
    reactor.run()
    assert received == [TOM]
    pull.close()
    with pytest.raises(zmq.SocketClosed, match="TypedSocket"):
        poller.poll(0)


# Life


@pytest.mark.parametrize("form", ["bare", "topic", "tagged"])
def test_what_a_signal_handler_raises_is_not_taken_for_a_fault_of_the_message(
    pair: Any, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[form]()
    sender, receiver = proto.TypedSocket(push, codec), proto.TypedSocket(pull, codec)
    topic = b"topic" if codec.has_topic else None

    def interrupted(_: Any) -> Any:
        raise TimeoutError("the handler's")

    with monkeypatch.context() as patch:
        patch.setattr(sender, "_serialise", interrupted)
        patch.setattr(sender, "_pairs", {Cat: (codec.name_of(Cat), interrupted)})
        with pytest.raises(TimeoutError, match="the handler's"):
            sender.send(TOM, topic=topic)
    sender.send(TOM, topic=topic)
    sender.send(TOM, topic=topic)
    with monkeypatch.context() as patch:
        patch.setattr(receiver, "_parse", interrupted)
        patch.setattr(receiver, "_parsers", dict.fromkeys(receiver._parsers, interrupted))
        with pytest.raises(TimeoutError, match="the handler's"):
            receiver.recv()
    assert receiver.recv() == TOM
    with pytest.raises(zmq.Again):
        receiver.recv(zmq.DONTWAIT)
