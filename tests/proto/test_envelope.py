"""The frames around a message: route before it, attachments after it."""

from __future__ import annotations

from typing import Any

import pytest
from schemas import Cat

from zmqlite import proto
from zmqlite.proto.envelope import error_reply

TOM = Cat(name="Tom")
TOM_BYTES = b"\x0a\x03Tom"
BARE = proto.Bare(Cat)
IMAGE = proto.Bare(Cat, attachments=1)
IMAGES = proto.Bare(Cat, attachments=range(3))


def framing(codec: proto.Codec[Any], **options: Any) -> proto.Framing[Any, Any]:
    return proto.Framing(codec, codec, **options)


@pytest.mark.parametrize("route", [[], [b"id"], [b"id", b""], [b"a", b"b", b""]])
def test_a_route_of_any_length_is_what_precedes_the_message(route: list[bytes]) -> None:
    got = framing(BARE, route=None).unpack([*route, TOM_BYTES])
    assert (got.route, got.message) == (route, TOM)


def test_an_empty_payload_is_not_taken_for_the_end_of_the_route() -> None:
    got = framing(BARE, route=None).unpack([b"id", b"", b""])
    assert (got.route, got.message) == ([b"id", b""], Cat())


@pytest.mark.parametrize("frames", [[TOM_BYTES], [b"id", b"", TOM_BYTES]], ids=["less", "more"])
def test_a_route_of_another_length_than_told_is_refused(frames: list[bytes]) -> None:
    with pytest.raises(proto.FrameCount) as caught:
        framing(BARE, route=1).unpack(frames)
    assert caught.value.frames == frames


def test_a_message_without_the_least_route_is_refused() -> None:
    with pytest.raises(proto.FrameCount):
        framing(BARE, route=None, least=1).unpack([TOM_BYTES])


def test_a_decode_error_has_the_whole_message_and_the_way_back() -> None:
    with pytest.raises(proto.DecodeError) as caught:
        framing(BARE, route=None, least=1).unpack([b"id", b"", b"\xff"])
    assert caught.value.frames == [b"id", b"", b"\xff"]
    assert caught.value.route == [b"id", b""]


def test_attachments_in_any_allowed_number_come_back() -> None:
    for count in range(3):
        got = framing(IMAGES).unpack([TOM_BYTES, *[b"x"] * count])
        assert len(got.attachments) == count


@pytest.mark.parametrize("count", [0, 2])
def test_another_number_of_attachments_is_not_sent(count: int) -> None:
    with pytest.raises(ValueError, match=f"has 1 attachments, not {count}"):
        framing(IMAGE).pack(proto.Envelope(TOM, attachments=[b"x"] * count))


def test_with_a_free_number_of_attachments_the_length_of_the_route_must_be_told() -> None:
    with pytest.raises(ValueError, match="route=1"):
        framing(IMAGES, route=None)
    got = framing(IMAGES, route=1).unpack([b"id", TOM_BYTES, b"x"])
    assert (got.route, list(map(bytes, got.attachments))) == ([b"id"], [b"x"])


def test_received_attachments_are_views() -> None:
    image = bytearray(b"pixels")
    got = framing(IMAGE).unpack([TOM_BYTES, memoryview(image)])
    image[0] = ord("P")
    assert list(map(bytes, got.attachments)) == [b"Pixels"]


def test_a_reply_takes_the_route_and_nothing_else() -> None:
    request = proto.Envelope(TOM, topic=b"t", route=[b"id"], attachments=[b"x"])
    reply = request.reply(Cat(name="Jerry"))
    assert (reply.route, reply.topic, reply.attachments) == ([b"id"], None, [])
    assert reply.message.name == "Jerry"


def test_an_envelope_is_shown_without_its_content() -> None:
    envelope = proto.Envelope(TOM, topic=b"t", route=[b"id"], attachments=[b"x"])
    assert repr(envelope) == "<Envelope of zoo.Cat, topic b't', 1 in route, 1 attachments>"


@pytest.mark.parametrize(
    "error",
    [
        proto.DecodeError("secret", [b"secret"]),
        proto.FrameCount("secret"),
        proto.UnknownType("secret"),
        proto.MessageTooLarge("secret"),
        proto.RemoteError("secret"),
        proto.NoHandler("secret"),
        KeyError("secret"),
    ],
)
def test_an_error_reply_says_nothing_of_the_content_and_is_no_payload(error: Exception) -> None:
    empty, reason = error_reply(error)
    assert empty == b""
    assert reason.startswith(b"zmqlite.error: ")
    assert b"secret" not in reason
    assert len(reason) <= 110
    for route in ([], [b"id", b""]):
        replies = framing(BARE, route=None if route else 0, replies=True)
        with pytest.raises(proto.RemoteError) as caught:
            replies.unpack([*route, empty, reason])
        assert caught.value.route == route
        assert f"zmqlite.error: {caught.value.reason}".encode() == reason
    # Not even a message type with any fields can be serialised to it.
    with pytest.raises(proto.DecodeError):
        BARE.decode([reason])


@pytest.mark.parametrize(
    "frames",
    [
        [b"x", b"zmqlite.error: no empty frame before it"],
        [b"", b"zmqlite.error: " + b"too long" * 12],
        [b"", b"zmqlite.err"],
        [b"id", b"", b"zmqlite.error: without the frame that ends a route"],
        [b"id", b"", b"", b"zmqlite.error: with a route on a REQ"],
    ],
)
def test_what_only_resembles_an_error_reply_is_none(frames: list[bytes]) -> None:
    with pytest.raises(proto.DecodeError) as caught:
        framing(BARE, route=0, replies=True).unpack(frames)
    assert type(caught.value) is proto.FrameCount


def test_the_reason_of_a_stranger_is_shown_escaped_and_shortened() -> None:
    raw = b"zmqlite.error: \xff" + b"x" * 94
    with pytest.raises(proto.RemoteError) as caught:
        framing(BARE, replies=True).unpack([b"", raw])
    assert caught.value.reason == "\\xff" + "x" * 79 + "..."


def test_a_route_of_any_length_has_a_bound() -> None:
    both = framing(BARE, route=None)
    assert len(both.unpack([b"id"] * 64 + [b""]).route) == 64
    with pytest.raises(proto.FrameCount, match="66 frames, at most 65 are wanted") as caught:
        both.unpack([b"id"] * 65 + [b""])
    assert caught.value.count == 66
    assert len(caught.value.frames) == 32
