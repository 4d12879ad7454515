"""The golden vectors: what the codecs make of them, and that the pages about them are right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import schemas
from checkout import ROOT
from google.protobuf import json_format

from zmqlite import proto

VECTORS = ROOT / "tests" / "proto" / "vectors"
TYPES = {
    message.DESCRIPTOR.full_name: message
    for message in vars(schemas).values()
    if hasattr(message, "DESCRIPTOR") and hasattr(message, "FromString")
}
ERRORS = {
    "parse": proto.DecodeError,
    "frames": proto.FrameCount,
    "type": proto.UnknownType,
    "size": proto.MessageTooLarge,
}


def load(*names: str) -> list[Any]:
    return [
        pytest.param(vector, id=f"{name}: {vector['name']}")
        for name in names
        for vector in json.loads((VECTORS / f"{name}.json").read_text())
    ]


def framing(vector: dict[str, Any], replies: bool = False) -> proto.Framing[Any, Any]:
    kind = TYPES[vector["type"]]
    options = {
        "limit": vector.get("limit", proto.LIMIT),
        "attachments": len(vector.get("attachments", [])),
    }
    forms: dict[str, Callable[[], proto.Codec[Any]]] = {
        "bare": lambda: proto.Bare(kind, **options),
        "topic": lambda: proto.Topic(kind, **options),
        "tagged": lambda: proto.Tagged(kind, **options),
        "tagged+topic": lambda: proto.Tagged(kind, topic=True, **options),
    }
    codec = forms[vector["form"]]()
    return proto.Framing(codec, codec, route=None if "route" in vector else 0, replies=replies)


def frames(vector: dict[str, Any], key: str = "frames") -> list[bytes]:
    return [bytes.fromhex(frame) for frame in vector.get(key, [])]


GOOD = load("bare", "topic", "tagged", "routed")


@pytest.mark.parametrize("vector", GOOD)
def test_a_message_becomes_these_frames(vector: dict[str, Any]) -> None:
    message = json_format.ParseDict(vector["message"], TYPES[vector["type"]]())
    topic = bytes.fromhex(vector["topic"]) if "topic" in vector else None
    envelope = proto.Envelope(
        message,
        topic=topic,
        route=frames(vector, "route"),
        attachments=frames(vector, "attachments"),
    )
    assert framing(vector).pack(envelope) == frames(vector)


@pytest.mark.parametrize("vector", GOOD)
def test_these_frames_become_the_message(vector: dict[str, Any]) -> None:
    envelope = framing(vector).unpack(frames(vector))
    expected = json_format.ParseDict(vector["message"], TYPES[vector["type"]]())
    assert envelope.message == expected
    assert envelope.route == frames(vector, "route")
    assert list(map(bytes, envelope.attachments)) == frames(vector, "attachments")
    assert envelope.topic == (bytes.fromhex(vector["topic"]) if "topic" in vector else None)


@pytest.mark.parametrize("vector", load("malformed"))
def test_these_frames_are_refused_for_this_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(proto.DecodeError) as caught:
        framing(vector).unpack(frames(vector))
    assert type(caught.value) is ERRORS[vector["error"]]
    assert caught.value.frames == frames(vector)


@pytest.mark.parametrize("vector", load("errors"))
def test_these_frames_are_an_error_reply(vector: dict[str, Any]) -> None:
    with pytest.raises(proto.RemoteError) as caught:
        framing(vector, replies=True).unpack(frames(vector))
    assert caught.value.reason == vector["reason"]
    assert caught.value.route == frames(vector, "route")
    with pytest.raises(proto.DecodeError) as caught_elsewhere:
        framing(vector).unpack(frames(vector))
    assert not isinstance(caught_elsewhere.value, proto.RemoteError)


@pytest.mark.parametrize("vector", GOOD)
def test_no_message_is_taken_for_an_error_reply(vector: dict[str, Any]) -> None:
    framing(vector, replies=True).unpack(frames(vector))


def test_every_file_of_vectors_is_tested() -> None:
    names = {path.stem for path in VECTORS.glob("*.json")}
    assert names == {"bare", "topic", "tagged", "routed", "malformed", "errors"}


def test_the_examples_of_the_page_are_right() -> None:
    page = (ROOT / "docs" / "reference" / "wire.md").read_text(encoding="utf-8")
    bare, name, cat = map(bytes.fromhex, re.findall(r"^    ([0-9a-f]+) ", page, re.MULTILINE))
    hello = schemas.DataMessage(content="Hello", timestamp=1337)
    assert proto.Bare(schemas.DataMessage).encode(hello) == [bare]
    assert proto.Tagged(schemas.Cat).encode(schemas.Cat(name="Tom")) == [name, cat]
