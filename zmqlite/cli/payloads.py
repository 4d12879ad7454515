"""Typed payloads as JSON, and back; and the fields of a payload whose schema is not known.

The payload is the last frame. With `--tagged` the frame before it has the full name of its type.
"""

from __future__ import annotations

import json
from typing import Any, Final

from google.protobuf import empty_pb2, unknown_fields
from google.protobuf.message import DecodeError as ParseError

from ..proto.codec import Bare
from ..proto.errors import ProtoError
from .exits import Wrong
from .schema import json_text, load, message_class, parsed

DEEPEST: Final = 16
"""How many messages inside one another `--decode-raw` looks for."""


class Payloads:
    """The types that payloads may have: one, or with `tagged` those that are given."""

    def __init__(self, kinds: list[Any], tagged: bool) -> None:
        self._codecs = {kind.DESCRIPTOR.full_name.encode(): Bare(kind) for kind in kinds}
        self._first: Final = next(iter(self._codecs))
        self._tagged = tagged

    def encode(self, frames: list[bytes]) -> list[bytes]:
        """Return the frames with their payload, a JSON text, serialised; ValueError if it is none.

        A payload alone is of the first type, whose name is put before it if there are names.
        """
        *head, text = frames
        if self._tagged and not head:
            head = [self._first]
        codec = self._codec(head)
        try:
            return [*head, *codec.encode(parsed(text, codec.kind))]
        except ProtoError as error:
            raise ValueError(str(error)) from None

    def decode(self, frames: list[bytes]) -> list[bytes]:
        """Return the frames with their payload as a JSON text; ValueError if it does not parse."""
        *head, payload = frames
        try:
            return [*head, json_text(self._codec(head).decode([payload])).encode()]
        except (ProtoError, TypeError) as error:
            raise ValueError(str(error)) from None

    def _codec(self, head: list[bytes]) -> Bare[Any]:
        name = head[-1:] if self._tagged else [self._first]
        if name and name[0] in self._codecs:
            return self._codecs[name[0]]
        raise ValueError(f"the frame before the payload names none of --type: {name!r:.80}")


class Raw:
    """The fields of payloads by their numbers, without a schema."""

    def decode(self, frames: list[bytes]) -> list[bytes]:
        """Return the frames with the fields of the payload as a JSON text; ValueError if none."""
        fields = raw_fields(frames[-1], DEEPEST)
        if fields is None:
            raise ValueError("the payload is no message of Protocol Buffers")
        return [*frames[:-1], json.dumps(fields, ensure_ascii=False).encode()]


def raw_fields(payload: bytes, depth: int) -> dict[str, list[Any]] | None:
    """Return the values of each field; None if the bytes are no message.

    What may be text or a message is shown as text if it is printable, as a message if it parses.
    """
    try:
        message = empty_pb2.Empty.FromString(payload)
    except ParseError:
        return None
    fields: dict[str, list[Any]] = {}
    found: Any = unknown_fields.UnknownFieldSet(message)
    for field in found:
        value = field.data
        if isinstance(value, bytes):
            text = value.decode(errors="surrogateescape")
            shown: Any = text if text.isprintable() else {"hex": value.hex()}
            inner = None if shown is text or not depth else raw_fields(value, depth - 1)
            value = inner or shown
        fields.setdefault(str(field.field_number), []).append(
            value if isinstance(value, int | str | dict) else "a group"
        )
    return fields


def payloads(args: Any) -> Payloads | Raw | None:
    """Return what the options of a command say about payloads."""
    if args.decode_raw and (args.proto or args.type or args.tagged):
        raise Wrong("--decode-raw is for payloads without a schema")
    if args.decode_raw:
        return Raw()
    if not (args.proto and args.type):
        raise Wrong("--proto needs --type; --type and --tagged need --proto")
    if len(args.type) > 1 and not args.tagged:
        raise Wrong("several types need --tagged")
    pool = load(args.proto, args.include)
    return Payloads([message_class(pool, name) for name in args.type], args.tagged)
