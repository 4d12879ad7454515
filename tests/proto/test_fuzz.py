"""Frames from strangers, as Hypothesis thinks of them; tests/fuzz has a fuzzer to leave alone."""

from __future__ import annotations

from typing import Any

import pytest
import schemas
from hypothesis import given, settings
from hypothesis import strategies as st

import zmqlite as zmq
from zmqlite import proto

pytestmark = pytest.mark.slow

KINDS = [
    schemas.DataMessage,
    schemas.Node,
    schemas.Everything,
    schemas.Order,
    schemas.Cart,
    schemas.Open,
    schemas.Reading,
    schemas.Ticket,
]
NAMES = [kind.DESCRIPTOR.full_name.encode() for kind in KINDS]

codecs = st.one_of(
    st.builds(proto.Bare, st.sampled_from(KINDS), limit=st.just(1000), attachments=st.just(1)),
    st.builds(proto.Bare, st.sampled_from(KINDS), limit=st.integers(1, 100)),
    st.builds(proto.Topic, st.sampled_from(KINDS)),
    st.builds(lambda topic: proto.Tagged(*KINDS, topic=topic, limit=1000), st.booleans()),
)
frame = st.one_of(st.binary(max_size=200), st.sampled_from([b"", b"zmqlite.error: reason", *NAMES]))
names = st.text(st.characters(codec="utf-8"), max_size=20)

everything = st.builds(
    schemas.Everything,
    real=st.floats(allow_nan=False),
    whole=st.integers(-(2**63), 2**63 - 1),
    fixed=st.integers(0, 2**32 - 1),
    flag=st.booleans(),
    text=names,
    raw=st.binary(max_size=50),
    mood=st.integers(0, 1),
    packed=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5),
    cats=st.dictionaries(names, st.builds(schemas.Cat, name=names), max_size=3),
)


@given(codecs, st.lists(frame, max_size=6), st.sampled_from([0, 1, None]), st.booleans())
def test_only_decode_errors_come_out(
    codec: Any, frames: list[bytes], route: int | None, replies: bool
) -> None:
    framing = proto.Framing(codec, codec, route=route, replies=replies)
    refused = None
    try:
        envelope = framing.unpack(frames)
    except proto.DecodeError as error:
        refused = error
    if refused is None:
        own = len(frames) - len(envelope.route) - len(envelope.attachments)
        assert own == codec.head + 1
    else:
        assert refused.frames == frames
        assert len(str(refused)) < 2000


@given(everything, st.data())
def test_a_damaged_message_is_refused_or_is_another_message(message: Any, data: Any) -> None:
    codec = proto.Tagged(schemas.Everything)
    payload = bytearray(codec.encode(message)[1])
    start = data.draw(st.integers(0, len(payload)))
    end = data.draw(st.integers(start, min(start + 4, len(payload))))
    payload[start:end] = data.draw(st.binary(max_size=4))
    try:
        codec.decode([b"zoo.Everything", bytes(payload)])
    except proto.DecodeError as error:
        assert error.frames[1] == payload  # noqa: PT017  # neither outcome is wrong


@given(
    everything,
    st.binary(max_size=20),
    st.lists(st.binary(max_size=5), max_size=3),
    st.lists(st.binary(max_size=100), max_size=3),
)
def test_whatever_is_packed_unpacks_to_the_same(
    message: Any, topic: bytes, route: list[bytes], attachments: list[bytes]
) -> None:
    codec = proto.Tagged(schemas.Everything, topic=True, attachments=len(attachments))
    framing = proto.Framing(codec, codec, route=None)
    frames = framing.pack(
        proto.Envelope(message, topic=topic, route=route, attachments=attachments)
    )
    envelope = framing.unpack([bytes(frame) for frame in frames])
    assert envelope.message == message
    assert (envelope.topic, envelope.route) == (topic, route)
    assert list(map(bytes, envelope.attachments)) == attachments


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(frame, min_size=1, max_size=4), max_size=20), st.booleans())
def test_a_socket_survives_any_mixture_and_counts(messages: list[list[bytes]], many: bool) -> None:
    errors: list[proto.DecodeError] = []
    good = [b"DataMessage", b"\x0a\x05hello"]
    with (
        zmq.Context(linger=0) as context,
        context.socket(zmq.PULL, rcvtimeo=5000, rcvhwm=0) as pull,
        context.socket(zmq.PUSH, sndhwm=0) as push,
    ):
        push.connect(pull.bind("inproc://mixture"))
        for message in messages:
            push.send_multipart(message)
            push.send_multipart(good)
        typed = proto.TypedSocket(pull, proto.Tagged(*KINDS, limit=100), on_error=errors.append)
        received: list[Any] = []
        while len(received) + len(errors) < 2 * len(messages):
            received += typed.recv_many() if many else [typed.recv()]
    hello = schemas.DataMessage(content="hello")
    assert sum(message == hello for message in received) >= len(messages)
