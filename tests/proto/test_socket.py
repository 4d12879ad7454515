"""Typed sockets: over real sockets, and what becomes of the next message after a bad one."""

from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from forms import BAD, FORMS, GARBAGE, TOM, bad_frames, frames_of, good
from schemas import Cat, CatFlap, DataMessage, Order

import zmqlite as zmq
from zmqlite import proto

OPEN = CatFlap(open=True)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def test_a_message_arrives_as_it_was_sent(pair: Any, form: str) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[form]()
    sender, receiver = proto.TypedSocket(push, codec), proto.TypedSocket(pull, codec)
    topic = b"topic" if codec.has_topic else None
    for number in range(3):
        sender.send(good(form, number), topic=topic)
    assert [receiver.recv() for _ in range(3)] == [good(form, number) for number in range(3)]


@pytest.mark.parametrize("way", ["recv", "timeout", "dontwait", "envelope", "iterate", "many"])
@pytest.mark.parametrize("bad", BAD)
def test_after_a_bad_message_the_next_good_one_arrives(
    pair: Any, form: str, bad: str, way: str
) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[form]()
    typed = proto.TypedSocket(pull, codec)
    ways: dict[str, Callable[[], Any]] = {
        "recv": typed.recv,
        "timeout": lambda: typed.recv(timeout=1000),
        "dontwait": lambda: typed.recv(zmq.DONTWAIT),
        "envelope": lambda: typed.recv_envelope().message,
        "iterate": lambda: next(iter(typed)),
        "many": lambda: typed.recv_many(1)[0],
    }
    error, payload = BAD[bad]
    raw = bad_frames(codec, payload)
    for number in range(2):
        push.send_multipart(raw)
        push.send_multipart(frames_of(codec, good(form, number)))
    for number in range(2):
        with pytest.raises(error) as caught:
            ways[way]()
        assert caught.value.frames == raw
        assert ways[way]() == good(form, number)


@pytest.mark.parametrize("name", ["tagged", "tagged-topic"])
def test_after_an_unknown_type_the_next_good_message_arrives(pair: Any, name: str) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[name]()
    typed = proto.TypedSocket(pull, codec)
    raw = [b"topic", b"zoo.Dog", b""][-1 - codec.head :]
    push.send_multipart(raw)
    push.send_multipart(frames_of(codec, TOM))
    with pytest.raises(proto.UnknownType) as caught:
        typed.recv()
    assert caught.value.frames == raw
    assert typed.recv() == TOM


def test_on_error_takes_the_bad_messages_and_receiving_goes_on(pair: Any, form: str) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[form]()
    errors: list[proto.DecodeError] = []
    typed = proto.TypedSocket(pull, codec, on_error=errors.append)
    ways: list[Callable[[], Any]] = [
        typed.recv,
        lambda: typed.recv(timeout=1000),
        lambda: typed.recv(zmq.DONTWAIT),
        lambda: typed.recv_envelope().message,
        lambda: typed.recv_many(5)[0],
        lambda: next(iter(typed)),
    ]
    for number, way in enumerate(ways):
        for _, payload in BAD.values():
            push.send_multipart(bad_frames(codec, payload))
        push.send_multipart(frames_of(codec, good(form, number)))
        assert way() == good(form, number)
        assert [type(error) for error in errors] == [kind for kind, _ in BAD.values()]
        errors.clear()


def test_a_missing_required_field_is_found_in_whatever_way_it_is_received(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    typed = proto.TypedSocket(pull, Order)
    for receive in (typed.recv, typed.recv_envelope, typed.recv_many):
        push.send(b"")
        with pytest.raises(proto.DecodeError, match="a required field is missing"):
            receive()


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


def test_what_on_error_raises_comes_out_of_the_receive(pair: Any) -> None:
    def refuse(error: proto.DecodeError) -> None:
        raise KeyError("refused")

    pull, push = pair(zmq.PULL, zmq.PUSH)
    typed = proto.TypedSocket(pull, Cat, on_error=refuse)
    push.send(GARBAGE)
    with pytest.raises(KeyError, match="refused"):
        typed.recv()


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


def test_a_message_that_cannot_be_encoded_sends_nothing(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    for codec, wrong, error in (
        (proto.Bare(Order), Order(), proto.EncodeError),
        (proto.Bare(Cat, limit=8), Cat(name="x" * 10), proto.EncodeError),
        (proto.Tagged(Cat), OPEN, TypeError),
        (proto.Bare(Cat), None, TypeError),
        (proto.Bare(Cat), OPEN, TypeError),
        (proto.Topic(Cat), TOM, TypeError),
    ):
        sender: proto.TypedSocket[Any, Any] = proto.TypedSocket(push, codec)
        for send in (sender.send, lambda message, by=sender: by.send_many([message])):
            with pytest.raises(error):
                send(wrong)
    push.send(b"next")
    assert pull.recv_multipart() == [b"next"]


def test_sndmore_is_refused_since_a_typed_message_is_whole(pair: Any) -> None:
    _, push = pair(zmq.PULL, zmq.PUSH)
    typed = proto.TypedSocket(push, Cat)
    with pytest.raises(ValueError, match="whole"):
        typed.send(TOM, zmq.SNDMORE)
    with pytest.raises(ValueError, match="whole"):
        typed.send_envelope(proto.Envelope(TOM), zmq.SNDMORE)
    with pytest.raises(ValueError, match="whole"):
        typed.send_many([TOM], zmq.SNDMORE)


def test_many_messages_go_and_come_at_once(pair: Any, form: str) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH, rcvhwm=0, sndhwm=0)
    codec = FORMS[form]()
    sender, receiver = proto.TypedSocket(push, codec), proto.TypedSocket(pull, codec)
    messages = [good(form, number) for number in range(3000)]
    topic = b"topic" if codec.has_topic else None
    assert sender.send_many(iter(messages), topic=topic) == 3000
    received: list[Any] = []
    while len(received) < 3000:
        batch = receiver.recv_many(1000)
        assert 1 <= len(batch) <= 1000
        received += batch
    assert received == messages


def test_a_batch_with_bad_messages_keeps_the_good_ones(pair: Any, form: str) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    codec = FORMS[form]()
    typed = proto.TypedSocket(pull, codec)
    bad = bad_frames(codec, GARBAGE)
    sent = [frames_of(codec, good(form, 0)), bad, frames_of(codec, good(form, 1)), bad]
    for frames in sent:
        push.send_multipart(frames)
    with pytest.raises(proto.BatchError, match="2 of 4 messages") as caught:
        typed.recv_many()
    assert caught.value.messages == [good(form, 0), good(form, 1)]
    assert [error.frames for error in caught.value.errors] == [bad, bad]
    assert caught.value.frames == bad
    push.send_multipart(sent[0])
    assert typed.recv_many() == [good(form, 0)]


def test_a_partly_sent_batch_says_how_many(pair: Any, form: str) -> None:
    _, push = pair(zmq.PULL, zmq.PUSH, rcvhwm=2, sndhwm=3)
    codec = FORMS[form]()
    typed = proto.TypedSocket(push, codec)
    topic = b"topic" if codec.has_topic else None
    messages = [good(form, number) for number in range(10)]
    assert typed.send_many(messages, zmq.DONTWAIT, topic=topic) == 5


def test_iteration_ends_with_the_context(context: zmq.Context, pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    push.send_multipart(frames_of(proto.Bare(Cat), TOM))
    received = []
    for message in proto.TypedSocket(pull, Cat):
        received.append(message)
        context.shutdown()
    assert received == [TOM]


# A flood of frames in one message


@pytest.mark.parametrize("way", ["recv", "recv_envelope", "recv_many"])
@pytest.mark.parametrize("kinds", [(zmq.PULL, zmq.PUSH), (zmq.DEALER, zmq.DEALER)])
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


def test_frames_that_are_too_many_are_not_made_messages(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    typed = proto.TypedSocket(pull, proto.Bare(Cat, attachments=range(3)))
    receive, received = zmq.Socket.recv_parts, []

    def watched(*arguments: Any) -> list[zmq.Message | bytes]:
        received.extend(receive(*arguments))
        return received

    monkeypatch.setattr(zmq.Socket, "recv_parts", watched)
    push.send_multipart([b""] * 1000)
    with pytest.raises(proto.FrameCount):
        typed.recv_envelope()
    # One more than the wire form has.
    assert [isinstance(part, zmq.Message) for part in received] == [True] * 4 + [False] * 996


def test_empty_frames_end_a_batch_too(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    for _ in range(100):
        push.send_multipart([b""] * 1000)
    with pytest.raises(proto.BatchError) as caught:
        proto.TypedSocket(pull, proto.Topic(Cat)).recv_many()
    assert len(caught.value.errors) < 10


# The socket behind it


def test_endpoints_options_and_poll_are_those_of_the_socket(context: zmq.Context) -> None:
    with (
        proto.TypedSocket(context.socket(zmq.PULL), Cat) as receiver,
        proto.TypedSocket(context.socket(zmq.PUSH), Cat) as sender,
    ):
        receiver.rcvhwm = 5
        assert receiver.socket.rcvhwm == receiver.get(zmq.Socket.rcvhwm) == 5
        receiver.set(zmq.Socket.rcvhwm, 7)
        assert receiver.rcvhwm == receiver.socket.rcvhwm == 7
        assert receiver.type is zmq.PULL
        endpoint = receiver.bind("inproc://typed")
        sender.connect(endpoint)
        assert receiver.poll(0) == 0
        sender.send(TOM)
        assert receiver.poll(1000) == zmq.POLLIN
        sender.disconnect(endpoint)
        receiver.unbind(endpoint)
        assert not receiver.closed
    assert receiver.closed


def test_an_attribute_that_is_no_option_is_refused(context: zmq.Context) -> None:
    with proto.TypedSocket(context.socket(zmq.PULL), Cat) as typed:
        wrong: Any = typed
        with pytest.raises(AttributeError):
            wrong.rcvhvm = 5
        assert not hasattr(typed, "__dict__")


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


def test_the_socket_stays_in_use_for_all_else(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    with proto.TypedSocket(pull, Cat) as typed:
        assert typed.socket is pull
        assert not typed.socket.poll(0)
        proto.TypedSocket(push, Cat).send(TOM)
        assert typed.socket.poll(1000) == zmq.POLLIN
    assert pull.closed
    assert "Bare(zoo.Cat)" in repr(typed)


def test_only_a_socket_is_wrapped() -> None:
    wrong: Any = b"socket"
    with pytest.raises(TypeError, match=r"a zmqlite\.Socket is wanted"):
        proto.TypedSocket(wrong, Cat)


def test_a_thread_of_its_own_for_each_end(pair: Any) -> None:
    pull, push = pair(zmq.PULL, zmq.PUSH)
    sender, receiver = proto.TypedSocket(push, DataMessage), proto.TypedSocket(pull, DataMessage)

    def send() -> None:
        for number in range(5000):
            sender.send(DataMessage(content="x", timestamp=number))

    thread = threading.Thread(target=send)
    thread.start()
    try:
        received = [receiver.recv(timeout=5000).timestamp for _ in range(5000)]
    finally:
        thread.join(10)
    assert received == list(range(5000))


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
        patch.setattr(receiver, "_parse", receiver._parse and interrupted)
        patch.setattr(receiver, "_parsers", dict.fromkeys(receiver._parsers, interrupted))
        with pytest.raises(TimeoutError, match="the handler's"):
            receiver.recv()
    assert receiver.recv() == TOM
    with pytest.raises(zmq.Again):
        receiver.recv(zmq.DONTWAIT)
