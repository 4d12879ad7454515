"""The codecs: frames for messages, messages for frames, and what is refused on the way."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from schemas import (
    Cart,
    Cat,
    CatFlap,
    DataMessage,
    Everything,
    Node,
    Open,
    Order,
    Plain,
    Reading,
    Ticket,
)

from zmqlite import proto
from zmqlite.proto.descriptors import needs_check

FORMS: tuple[Any, ...] = (proto.Bare, proto.Tagged, proto.Topic)
TOPICS = proto.Tagged(Cat, topic=True)
OTHERS = (CatFlap(), b"bytes", None)
NO_TOPICS = (None, "text", bytearray(b"x"))


def refusing(**options: Any) -> Any:
    """Make a codec for a class whose parser raises what no runtime should."""

    def parse(payload: bytes) -> Any:
        raise RecursionError(len(payload))

    codec: Any = proto.Bare(Cat, **options)
    codec.kind = SimpleNamespace(DESCRIPTOR=Cat.DESCRIPTOR, FromString=parse)
    return codec


def nested(depth: int) -> bytes:
    """Serialise a Node that contains a Node that contains ..."""
    data = b""
    for _ in range(depth):
        size, length = len(data), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        data = b"\x0a" + length + bytes([size]) + data
    return data


@pytest.mark.parametrize("frame", [bytes, memoryview], ids=["bytes", "memoryview"])
def test_frames_may_be_views(frame: Any) -> None:
    frames = [frame(part) for part in (b"here", b"zoo.Cat", b"\x0a\x03Tom")]
    assert proto.Tagged(Cat, topic=True).decode(frames) == Cat(name="Tom")
    assert proto.Topic(Cat).decode(frames[1:]) == Cat(name="Tom")
    assert proto.Bare(Cat).decode(frames[2:]) == Cat(name="Tom")


@pytest.mark.parametrize(
    ("codec", "wrong"),
    [
        *((proto.Bare(Cat), wrong) for wrong in (0, 2)),
        *((form(Cat), wrong) for form in (proto.Topic, proto.Tagged) for wrong in (1, 3)),
        *((proto.Tagged(Cat, topic=True), wrong) for wrong in (2, 4)),
        *((proto.Bare(Cat, attachments=2), wrong) for wrong in (2, 4)),
        *((proto.Bare(Cat, attachments=range(1, 3)), wrong) for wrong in (1, 4)),
    ],
    ids=str,
)
def test_a_wrong_number_of_frames_is_refused(codec: proto.Codec[Message], wrong: int) -> None:
    frames = [b"zoo.Cat"] * wrong
    with pytest.raises(proto.FrameCount, match=f": {wrong} frames, not ") as caught:
        codec.decode(frames)
    assert caught.value.frames == frames
    assert caught.value.expected is Cat


def test_an_unknown_type_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = proto.Tagged(Cat)
    monkeypatch.setattr(codec, "parse", None)
    with pytest.raises(proto.UnknownType, match=re.escape("unknown type 'zoo.CatFlap'")) as caught:
        codec.decode([b"zoo.CatFlap", b"\x08\x01"])
    assert caught.value.name == "zoo.CatFlap"
    assert caught.value.frames == [b"zoo.CatFlap", b"\x08\x01"]
    assert caught.value.expected is None


def test_a_long_or_odd_type_name_is_shown_short_and_escaped() -> None:
    with pytest.raises(proto.UnknownType) as caught:
        proto.Tagged(Cat).decode([b"\xff\n" + b"x" * 1_000_000, b""])
    assert caught.value.name == r"\xff" + "\n" + "x" * 78 + "..."
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_payload_over_the_limit_is_refused_before_it_is_parsed() -> None:
    codec = refusing(limit=10)
    with pytest.raises(proto.MessageTooLarge, match="11 bytes are over the codec's limit of 10"):
        codec.decode([b"x" * 11])
    with pytest.raises(proto.DecodeError, match="does not parse"):
        codec.decode([b"x" * 10])


def test_the_limit_is_on_unless_told_otherwise() -> None:
    assert proto.Bare(Cat).limit == proto.Topic(Cat).limit == proto.LIMIT == 4 * 1024 * 1024
    with pytest.raises(proto.MessageTooLarge):
        proto.Tagged(Cat).decode([b"zoo.Cat", bytes(proto.LIMIT + 1)])


def test_the_limit_does_not_count_topic_type_and_attachments() -> None:
    codec = proto.Tagged(Cat, topic=True, limit=5, attachments=1)
    assert codec.decode([b"topics", b"zoo.Cat", b"\x0a\x03Tom", b"attached"]) == Cat(name="Tom")


def test_a_message_over_the_limit_is_not_encoded() -> None:
    with pytest.raises(proto.EncodeError, match=r"zoo.Cat: 12 bytes are over .* limit of 11"):
        proto.Tagged(Cat, limit=11).encode(Cat(name="x" * 10))


@pytest.mark.parametrize("limit", [0, -1, 2**31, 1.5, "1", None])
def test_a_limit_is_a_positive_int(limit: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="limit is"):
        proto.Bare(Cat, limit=limit)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Cat, b"\x0a"),
        (Cat, b"\x0a\x05Tom"),
        (Cat, b"\xff" * 20),
        (Cat, b"\x0b"),
        (Cat, b"\x0a\x02\xff\xfe"),
        (Everything, b"\x52\x01\xff"),
        (Node, nested(10_000)),
    ],
    ids=["tag", "length", "varint", "group", "utf-8", "below", "deep"],
)
def test_a_payload_that_does_not_parse_is_an_error_with_all_that_came(
    kind: type[Message], payload: bytes
) -> None:
    with pytest.raises(proto.DecodeError, match="does not parse") as caught:
        proto.Topic(kind).decode([b"topic", payload])
    assert type(caught.value) is proto.DecodeError
    assert caught.value.frames == [b"topic", payload]
    assert caught.value.expected is kind
    assert caught.value.__cause__ is not None


def test_whatever_the_runtime_raises_is_a_decode_error() -> None:
    with pytest.raises(proto.DecodeError) as caught:
        refusing().decode([b"abc"])
    assert isinstance(caught.value.__cause__, RecursionError)


def test_an_error_shows_the_sizes_of_the_frames_but_not_their_content() -> None:
    with pytest.raises(proto.DecodeError) as caught:
        proto.Topic(Cat).decode([b"secret", b"\xffpassword"])
    assert str(caught.value).endswith("(frames of 6, 9 bytes)")
    assert "secret" not in str(caught.value)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [(Order, b""), (Cart, b"\x0a\x00"), (Open, b"\xa2\x06\x00"), (Ticket, b"")],
    ids=["itself", "below", "extension", "edition"],
)
def test_a_missing_required_field_is_a_decode_error(kind: type[Message], payload: bytes) -> None:
    with pytest.raises(proto.DecodeError, match="a required field is missing"):
        proto.Bare(kind).decode([payload])


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (Order(), "number"),
        (Cart(orders=[Order(number=1), Order()]), r"orders\[1\].number"),
        (Ticket(), "number"),
    ],
    ids=["proto2", "below", "edition"],
)
def test_a_missing_required_field_is_named_before_all_is_encoded(message: Any, names: str) -> None:
    with pytest.raises(proto.EncodeError, match=names):
        proto.Bare(type(message)).encode(message)


def test_only_types_that_can_lack_a_field_are_checked() -> None:
    kinds = (DataMessage, Node, Everything, Plain, Reading, Order, Cart, Open, Ticket)
    assert [kind for kind in kinds if needs_check(kind)] == [Order, Cart, Open, Ticket]


@pytest.mark.parametrize(
    ("codec", "message", "topic", "reason"),
    [
        (proto.Bare(Cat), CatFlap(), None, r"does not encode CatFlap, but Cat$"),
        (proto.Tagged[Any](Cat, Timestamp), CatFlap(), None, r"CatFlap, but Cat or Timestamp$"),
        (proto.Bare(Cat), Cat, None, r"the class Cat, but a message: Cat\(...\)$"),
        *((form(Cat), other, b"topic", "does not encode") for form in FORMS for other in OTHERS),
        (proto.Bare(Cat), Cat(), b"topic", "no place for a topic"),
        (proto.Tagged(Cat), Cat(), b"topic", "without topic=True"),
        *((proto.Topic(Cat), Cat(), topic, "a topic, which is bytes") for topic in NO_TOPICS),
        *((TOPICS, Cat(), topic, "a topic, which is bytes") for topic in NO_TOPICS),
    ],
)
def test_a_message_or_topic_that_is_none_is_a_type_error(
    codec: Any, message: Any, topic: Any, reason: str
) -> None:
    with pytest.raises(TypeError, match=reason):
        codec.encode(message, topic)


@pytest.mark.parametrize("kind", [int, Cat(), None, Message, "Cat"])
@pytest.mark.parametrize("form", [proto.Bare, proto.Tagged])
def test_only_generated_classes_are_taken(form: Any, kind: Any) -> None:
    with pytest.raises(TypeError):
        form(kind)


def test_tagged_wants_types_and_no_two_of_one_name() -> None:
    with pytest.raises(TypeError, match="takes the message classes"):
        proto.Tagged()
    file = descriptor_pb2.FileDescriptorProto(name="twin.proto", package="zoo")
    file.message_type.add(name="Cat")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    twin = message_factory.GetMessageClass(pool.FindMessageTypeByName("zoo.Cat"))
    with pytest.raises(ValueError, match=r"two classes are called zoo\.Cat"):
        proto.Tagged(Cat, twin)


@pytest.mark.parametrize("attachments", [-1, range(0), range(-1, 2), "1", 1.0])
def test_a_number_of_attachments_is_one_or_a_range(attachments: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="attachments is"):
        proto.Bare(Cat, attachments=attachments)


def test_a_codec_says_what_it_handles() -> None:
    assert repr(proto.Tagged(Cat, CatFlap)) == "Tagged(zoo.Cat, zoo.CatFlap)"
    assert proto.Tagged(Cat, CatFlap).types == (Cat, CatFlap)
    assert proto.Bare(Cat).types == (Cat,)
