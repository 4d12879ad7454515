"""The wire forms of typed messages, each with good messages and with bad ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas import Cat, CatFlap, Order

from zmqlite import proto

TOM = Cat(name="Tom")
GARBAGE = b"\xff\xff\xff"

FORMS: dict[str, Callable[[], proto.Codec[Any]]] = {
    "bare": lambda: proto.Bare(Cat, limit=100),
    "topic": lambda: proto.Topic(Cat, limit=100),
    "tagged": lambda: proto.Tagged(Cat, CatFlap, limit=100),
    "tagged-topic": lambda: proto.Tagged(Cat, CatFlap, topic=True, limit=100),
    "attachments": lambda: proto.Bare(Cat, limit=100, attachments=range(2)),
    "required": lambda: proto.Bare(Order, limit=100),
}
BAD = {
    "garbage": (proto.DecodeError, GARBAGE),
    "long": (proto.MessageTooLarge, b"\x0a\x63" + b"x" * 99),
    "frames": (proto.FrameCount, None),
}


def good(form: str, number: int) -> Any:
    return Order(number=number) if form == "required" else Cat(name=f"Tom {number}")


def frames_of(codec: proto.Codec[Any], message: Any) -> list[bytes]:
    return codec.encode(message, b"topic" if codec.has_topic else None)


def bad_frames(codec: proto.Codec[Any], payload: bytes | None) -> list[bytes]:
    if payload is None:
        return [b""] * (codec.head + 4)
    frames = frames_of(codec, codec.types[0](number=1) if codec.types[0] is Order else TOM)
    return [*frames[:-1], payload]
