"""From a message to frames and back; no sockets here.

The wire forms, which a program in another language can write and read by hand:

    Bare      payload
    Topic     topic, payload
    Tagged    [topic,] full.type.Name, payload

A payload is a message that protobuf has serialised. Frames behind it are attachments, raw bytes;
frames before the form belong to the route (see envelope).

A codec is constant after it was made, so sockets and threads can share one. What can be refused
without parsing is refused before: a wrong number of frames, an unknown type, a payload over the
limit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeAlias, TypedDict, TypeVar, Unpack, overload

from google.protobuf.message import Message as ProtobufMessage

from ..arguments import integer
from .descriptors import full_name, message_class, needs_check
from .errors import DecodeError, EncodeError, FrameCount, MessageTooLarge, UnknownType, shown

M = TypeVar("M", bound=ProtobufMessage)
A = TypeVar("A", bound=ProtobufMessage)
B = TypeVar("B", bound=ProtobufMessage)
C = TypeVar("C", bound=ProtobufMessage)
D = TypeVar("D", bound=ProtobufMessage)
E = TypeVar("E", bound=ProtobufMessage)
F = TypeVar("F", bound=ProtobufMessage)

Frame: TypeAlias = bytes | memoryview

LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a payload that a codec accepts by default. Parsed, they can become 84 times as much."""

PROTOBUF_LIMIT: Final = 2**31 - 1
"""Bytes of a payload that protobuf itself can handle."""


class Codec(ABC, Generic[M]):
    """One of the wire forms, for messages of type M.

    `head` is the number of frames before the payload, `limit` the most bytes that a payload may
    have, sent or received, and `attachments` how many frames may follow it: a number, or a range.
    The limit does not bound memory: a parsed message takes up to 84 times as much, and libzmq has
    received the frames before the codec sees them, unless the socket's `maxmsgsize` refuses them.
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
        """Return the type name of a class as it is sent; empty if the wire form has none."""
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
        """Return the message in these frames: those of `encode`, then the attachments.

        Raises:
            DecodeError: they are not of this wire form, or the payload does not parse.
        """

    def payload(self, message: ProtobufMessage) -> bytes:
        """Return the payload of a message; the caller has checked its class."""
        try:
            data = message.SerializeToString()
        except Exception as error:  # protobuf's implementations raise different classes
            raise EncodeError(f"{full_name(type(message))}: {error}") from error
        if len(data) > self.limit:
            raise EncodeError(
                f"{full_name(type(message))}: {len(data)} bytes are over the codec's limit of "
                f"{self.limit}"
            )
        return data

    def parse(self, kind: type[M], check: bool, payload: bytes, frames: Sequence[Frame]) -> M:
        """Return the message of class `kind` in a payload; `check` its required fields.

        `frames` are for the error.
        """
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
        except Exception as error:  # protobuf's implementations raise different classes
            raise DecodeError(
                f"{full_name(kind)}: the payload does not parse: {error}", frames, kind
            ) from error
        if not complete:
            raise DecodeError(f"{full_name(kind)}: a required field is missing", frames, kind)
        return message

    def _count(self, frames: Sequence[Frame]) -> None:
        if len(frames) - self.head - 1 not in self.attachments:
            kind = self.types[0] if len(self.types) == 1 else None
            least, most = (self.head + 1 + count(self.attachments) for count in (min, max))
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise FrameCount(f"{self!r}: {len(frames)} frames, not {wanted}", frames, kind)

    def __repr__(self) -> str:
        names = ", ".join(full_name(kind) for kind in self.types[:4])
        more = ", ..." if len(self.types) > 4 else ""
        return f"{type(self).__name__}({names}{more})"


class Bare(Codec[M]):
    """One type of message, sent as its payload alone: what programs without zmqlite send."""

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
    """One type of message, behind a topic; SUB sockets select by the first bytes of the topic."""

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


class Options(TypedDict, total=False):
    """The keyword arguments of Tagged."""

    topic: bool
    limit: int
    attachments: int | range


class Tagged(Codec[M]):
    """Several types of messages, each behind the full name of its type, and a topic if wanted.

    M is the union of the classes. A type checker infers it for up to six; more are written as
    `Tagged[A | B | ...](A, B, ...)`. Types other than these are never parsed. Without topics a SUB
    socket can subscribe by type.
    """

    @overload
    def __init__(self: Tagged[A], a: type[A], /, **options: Unpack[Options]) -> None: ...
    @overload
    def __init__(
        self: Tagged[A | B], a: type[A], b: type[B], /, **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(
        self: Tagged[A | B | C], a: type[A], b: type[B], c: type[C], /, **options: Unpack[Options]
    ) -> None: ...
    @overload
    def __init__(
        self: Tagged[A | B | C | D],
        a: type[A],
        b: type[B],
        c: type[C],
        d: type[D],
        /,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: Tagged[A | B | C | D | E],
        a: type[A],
        b: type[B],
        c: type[C],
        d: type[D],
        e: type[E],
        /,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(
        self: Tagged[A | B | C | D | E | F],
        a: type[A],
        b: type[B],
        c: type[C],
        d: type[D],
        e: type[E],
        f: type[F],
        /,
        **options: Unpack[Options],
    ) -> None: ...
    @overload
    def __init__(self, *kinds: type[M], **options: Unpack[Options]) -> None: ...
    def __init__(
        self,
        *kinds: type[Any],
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
        """Return the type name of a class as it is sent; TypeError if the codec lacks the class."""
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
