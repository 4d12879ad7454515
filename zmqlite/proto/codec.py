"""From a message to frames and back; no sockets here.

The wire forms, with nothing in them that another language could not do by hand:

    Bare      payload
    Topic     topic, payload
    Tagged    [topic,] full.type.Name, payload

A payload is what protobuf serialises. Frames after it are attachments, as they are; frames before
these belong to the route (see envelope).

A codec is a few tables and no state, so sockets and threads can share one. It refuses what it can
refuse without parsing first: a wrong number of frames, an unknown type, a payload over the limit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..arguments import integer
from .descriptors import full_name, message_class, needs_check
from .errors import DecodeError, EncodeError, FrameCount, MessageTooLarge, UnknownType, shown

M = TypeVar("M", bound=ProtobufMessage)

Frame: TypeAlias = bytes | memoryview

LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a payload that a codec handles unless told otherwise."""

PROTOBUF_LIMIT: Final = 2**31 - 1
"""Bytes of a payload that protobuf can handle at all."""


class Codec(ABC, Generic[M]):
    """One of the wire forms, for messages of type M.

    `head` is the number of frames before the payload, `limit` the most bytes that a payload may
    have, sent or received, and `attachments` how many frames may follow it: a number, or a range.
    The limit is no bound for memory: parsed, a message takes several times as much, and frames
    are in memory before anybody looks at them, unless the socket's `maxmsgsize` refuses them.
    """

    head: int = 0
    has_topic: bool = False

    def __init__(self, *, limit: int, attachments: int | range) -> None:
        self.limit: int = integer(limit, "limit", 1, PROTOBUF_LIMIT)
        if not isinstance(attachments, range):
            number = integer(attachments, "attachments", 0, PROTOBUF_LIMIT)
            attachments = range(number, number + 1)
        if not attachments or attachments[0] < 0 or attachments[-1] < 0:
            raise ValueError(f"attachments is a number of frames, or a range, not {attachments}")
        self.attachments = attachments

    @property
    @abstractmethod
    def types(self) -> tuple[type[M], ...]:
        """Return the message classes that this codec handles."""

    def name_of(self, kind: type[ProtobufMessage]) -> bytes:
        """Return the type name of a class as it is sent, empty where the wire form has none."""
        return b""

    @abstractmethod
    def encode(self, message: M, topic: bytes | None = None) -> list[bytes]:
        """Return the frames of a message: those of the head, then its payload.

        Raises:
            EncodeError: a required field is missing, or the payload is over the limit.
            TypeError: another class of message, or a topic is missing or not wanted.
        """

    @abstractmethod
    def decode(self, frames: Sequence[Frame]) -> M:
        """Return the message that frames stand for: those of `encode`, then the attachments.

        Raises:
            DecodeError: they are not; see errors.
        """

    def payload(self, message: ProtobufMessage) -> bytes:
        """Return the payload of a message, whose class was looked at before."""
        try:
            data = message.SerializeToString()
        except Exception as error:  # whatever any of protobuf's runtimes may raise
            raise EncodeError(f"{full_name(type(message))}: {error}") from error
        if len(data) > self.limit:
            raise EncodeError(
                f"{full_name(type(message))}: {len(data)} bytes are over the codec's limit of "
                f"{self.limit}"
            )
        return data

    def parse(self, kind: type[M], check: bool, payload: bytes, frames: Sequence[Frame]) -> M:
        """Return the message of class `kind` in a payload, which is a part of `frames`."""
        if len(payload) > self.limit:
            raise MessageTooLarge(
                f"{full_name(kind)}: {len(payload)} bytes are over the codec's limit of "
                f"{self.limit}",
                frames,
                kind,
            )
        try:
            message = kind.FromString(payload)
            complete = not check or message.IsInitialized()
        except Exception as error:  # whatever any of protobuf's runtimes may raise
            raise DecodeError(
                f"{full_name(kind)}: the payload does not parse: {error}", frames, kind
            ) from error
        if not complete:
            raise DecodeError(f"{full_name(kind)}: a required field is missing", frames, kind)
        return message

    def _count(self, frames: Sequence[Frame]) -> None:
        if len(frames) - self.head - 1 not in self.attachments:
            kind = self.types[0] if len(self.types) == 1 else None
            least, most = (self.head + 1 + count for count in _ends(self.attachments))
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise FrameCount(f"{self!r}: {len(frames)} frames, not {wanted}", frames, kind)

    def __repr__(self) -> str:
        names = ", ".join(full_name(kind) for kind in self.types[:4])
        more = ", ..." if len(self.types) > 4 else ""
        return f"{type(self).__name__}({names}{more})"


class Bare(Codec[M]):
    """One type of message, nothing but its payload: what programs without zmqlite send."""

    def __init__(self, kind: type[M], *, limit: int = LIMIT, attachments: int | range = 0) -> None:
        super().__init__(limit=limit, attachments=attachments)
        self.kind = message_class(kind)
        self.check: bool = needs_check(kind)

    @property
    def types(self) -> tuple[type[M], ...]:
        """Return the one class."""
        return (self.kind,)

    def encode(self, message: M, topic: bytes | None = None) -> list[bytes]:
        """Return the payload as the only frame."""
        if type(message) is not self.kind:
            raise _wrong_class(self, message)
        if topic is not None:
            raise TypeError(f"{self!r} has no place for a topic; Topic() and Tagged() have")
        return [self.payload(message)]

    def decode(self, frames: Sequence[Frame]) -> M:
        """Return the message of the first frame."""
        self._count(frames)
        return self.parse(self.kind, self.check, bytes(frames[0]), frames)


class Topic(Bare[M]):
    """One type of message, behind a topic that SUB sockets can select by its first bytes."""

    head = 1
    has_topic = True

    def encode(self, message: M, topic: bytes | None = None) -> list[bytes]:
        """Return topic and payload."""
        if type(message) is not self.kind:
            raise _wrong_class(self, message)
        return [_topic(topic), self.payload(message)]

    def decode(self, frames: Sequence[Frame]) -> M:
        """Return the message of the second frame; the first is the topic."""
        self._count(frames)
        return self.parse(self.kind, self.check, bytes(frames[1]), frames)


class Tagged(Codec[M]):
    """Several types of messages, each behind the full name of its type, and a topic if wanted.

    A type checker is told so: `Tagged[A | B](A, B)`. Only these types are ever parsed. Without
    topics a SUB socket can subscribe by type.
    """

    def __init__(
        self,
        *kinds: type[M],
        topic: bool = False,
        limit: int = LIMIT,
        attachments: int | range = 0,
    ) -> None:
        super().__init__(limit=limit, attachments=attachments)
        self.has_topic = topic
        self.head = 2 if topic else 1
        self._names: dict[type[ProtobufMessage], bytes] = {}
        self._kinds: dict[bytes, tuple[type[M], bool]] = {}
        for kind in kinds:
            self._add(kind)
        if not kinds:
            raise TypeError("Tagged() takes the message classes that may be sent and received")

    def _add(self, kind: type[M]) -> None:
        name = full_name(message_class(kind)).encode()
        known = self._kinds.setdefault(name, (kind, needs_check(kind)))[0]
        if known is not kind:
            raise ValueError(f"two classes are called {name.decode()}")
        self._names[kind] = name

    @property
    def types(self) -> tuple[type[M], ...]:
        """Return the classes in the order they were given."""
        return tuple(kind for kind, _ in self._kinds.values())

    def name_of(self, kind: type[ProtobufMessage]) -> bytes:
        """Return the type name of a class as it is sent; TypeError if the codec has it not."""
        try:
            return self._names[kind]
        except KeyError:
            raise TypeError(f"{self!r} has no {full_name(message_class(kind))}") from None

    def encode(self, message: M, topic: bytes | None = None) -> list[bytes]:
        """Return the topic if there is one, the type name and the payload."""
        name = self._names.get(type(message))
        if name is None:
            raise _wrong_class(self, message)
        if self.has_topic:
            return [_topic(topic), name, self.payload(message)]
        if topic is not None:
            raise TypeError(f"{self!r} was made without topic=True, so it has no place for one")
        return [name, self.payload(message)]

    def decode(self, frames: Sequence[Frame]) -> M:
        """Return the message of the frame after the one that names its type."""
        self._count(frames)
        tag = bytes(frames[self.head - 1])
        entry = self._kinds.get(tag)
        if entry is None:
            name = shown(tag)
            error = UnknownType(f"{self!r}: unknown type {name!r}", frames)
            error.name = name
            raise error
        return self.parse(*entry, bytes(frames[self.head]), frames)


def codec_for(what: Codec[M] | type[M]) -> Codec[M]:
    """Return a codec as it is, and for a message class the bare one."""
    if isinstance(what, Codec):
        return what
    return Bare(what)


def _ends(counts: range) -> tuple[int, int]:
    return min(counts[0], counts[-1]), max(counts[0], counts[-1])


def _topic(topic: object) -> bytes:
    if not isinstance(topic, bytes):
        got = "none was given" if topic is None else f"not {type(topic).__name__}"
        raise TypeError(f"this wire form has a topic, which is bytes: topic=b'...'; {got}")
    return topic


def _wrong_class(codec: Codec[M], message: object) -> TypeError:
    if isinstance(message, type):
        name = message.__name__
        return TypeError(f"{codec!r} does not encode the class {name}, but a message: {name}(...)")
    kinds = " or ".join(kind.__name__ for kind in codec.types[:4])
    return TypeError(f"{codec!r} does not encode {type(message).__name__}, but {kinds}")
