"""Round trips and mixtures; tests/attacks/decode.py has the frames from strangers."""

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


@settings(max_examples=30)
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
