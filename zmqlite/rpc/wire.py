"""The wire form of docs/reference/rpc-wire.md: envelopes to bytes and back. No sockets, no time.

What is sent often is put together from bytes: protobuf parses a concatenation of serialised
messages as their merge, so a head that was serialised once goes before the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from google.protobuf.any_pb2 import Any as AnyMessage

from ..message import Message
from .schema import Envelope
from .schema import Kind as Kind
from .status import Executed, RpcError, status_of

Part: TypeAlias = Message | bytes
"""A frame: received without a copy, or bytes."""

VERSION: Final = 1
"""The highest version of the wire form that this package speaks."""

ID_BYTES: Final = 64
"""The longest id of a call."""

PARTS: Final = 16
"""Frames of a message that are received without a copy; further ones are bytes."""

BATCH: Final = 64
"""The most items of a stream in one message."""


_HEADS: Final = [
    [b"%b\x12%c" % (Envelope(kind=kind).SerializeToString(), size) for size in range(ID_BYTES + 1)]
    for kind in range(len(Kind) + 1)
]
"""Kinds and the beginning of field 2, the id, by the length of the id."""

_parse: Final = Envelope.FromString


def head(kind: int, call: bytes) -> bytes:
    """Return the envelope of a message about a call, to which more fields may be appended."""
    return _HEADS[kind][len(call)] + call


def more(**fields: Any) -> bytes:
    """Return further fields of an envelope, to be appended to a head."""
    data: bytes = Envelope(**fields).SerializeToString(deterministic=True)
    return data


@lru_cache(1024)
def timeout_field(milliseconds: int) -> bytes:
    """Return the field that says how much time remains; not less than 0."""
    return more(timeout=min(max(milliseconds, 0), 0xFFFFFFFF))


def incarnation_field(incarnation: bytes) -> bytes:
    """Return the field that names the incarnation of a server."""
    return more(incarnation=incarnation)


def extra(metadata: Mapping[Any, Any] | None, attachments: Sequence[object]) -> bytes:
    """Return the fields for metadata and attachments, which most messages have none of.

    Raises:
        TypeError: metadata is something else than text.
    """
    fields = more(attachments=len(attachments)) if attachments else b""
    for key, value in metadata.items() if metadata else ():
        fields += _entry(key, value)
    return fields


@lru_cache(256)
def _entry(key: str, value: str) -> bytes:
    """Return the field for an entry of metadata; most entries are sent again and again."""
    for text in key, value:
        if not isinstance(text, str):  # protobuf takes bytes, too
            raise TypeError(f"metadata is str, not {type(text).__name__}")
    return more(metadata={key: value})


def metadata_in(envelope: Any) -> dict[str, str]:
    """Return the metadata of an envelope."""
    metadata = envelope.metadata
    return {key: metadata[key] for key in metadata}  # three times as fast as dict(metadata)


def decode(part: Part) -> Any:
    """Return the envelope in a frame; None if it does not parse."""
    try:
        return _parse(memoryview(part))
    except Exception:  # protobuf's implementations raise different classes
        return None


class Said:
    """What an envelope says besides its kind and the id of a call."""

    def __init__(self, envelope: Any) -> None:
        self.method: Final[str] = envelope.method
        self.service: Final = self.method[1 : self.method.rfind("/")]
        self.incarnation: Final[bytes] = envelope.incarnation
        self.timeout: Final[int | None] = envelope.timeout if envelope.HasField("timeout") else None
        self.attachments: Final[int] = envelope.attachments
        self.credit: Final[int] = envelope.credit
        self.status: Final[int] = envelope.status
        self.executed: Final[int] = envelope.executed
        self.version: Final[int] = envelope.version


@lru_cache(1024)
def _said(fields: bytes) -> Said | None:
    """Return what these fields say; None if they do not parse, or name a kind or an id."""
    envelope = decode(fields)
    return None if envelope is None or envelope.kind or envelope.id else Said(envelope)


_NOTHING: Final = Said(Envelope())
_USUAL: Final = {heads[16]: kind for kind, heads in enumerate(_HEADS) if kind}
"""The kinds by how an envelope begins whose id has 16 bytes; see `head`."""


def read(part: Part) -> tuple[int, bytes, Said]:
    """Return the kind of an envelope, the id of its call, and the rest; 0 if it does not parse.

    What follows the id is the same for many calls, and so need not be parsed again.
    """
    data = memoryview(part).tobytes()
    kind = _USUAL.get(data[:4])
    if kind is not None and 20 <= len(data) < 256:
        said = _said(data[20:])
        if said is not None:
            return kind, data[4:20], said
    envelope = decode(data)
    return (0, b"", _NOTHING) if envelope is None else (envelope.kind, envelope.id, Said(envelope))


def views(parts: Iterable[Part]) -> list[memoryview]:
    """Return attachments as read-only views, which are not copied."""
    return [part.data if isinstance(part, Message) else memoryview(part) for part in parts]


def status(call: bytes, error: RpcError, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the envelope that ends a call with an error."""
    return head(Kind.STATUS, call) + more(
        status=int(error.status),
        message=error.message,
        details=[{"type_url": each.type_url, "value": each.value} for each in error.details],
        executed=int(error.executed),
        metadata=metadata or {},
    )


def error_in(envelope: Any) -> RpcError:
    """Return the error of an envelope whose status is not OK."""
    executed = envelope.executed if envelope.executed in (1, 2) else 0
    error = RpcError(status_of(envelope.status), envelope.message, executed=Executed(executed))
    error.details = tuple(
        AnyMessage(type_url=each.type_url, value=each.value) for each in envelope.details
    )
    error.metadata = metadata_in(envelope)
    return error
