"""From a message with its topic, route and attachments to the frames of a whole message, and back.

    [route ...] [topic] [full.type.Name] payload [attachment ...]

The route is what ROUTER, DEALER and brokers put before a message so that a reply finds its way: a
routing id for each of them, and an empty frame where a REQ or REP socket is at the end. Other
socket types have none. The length of a route follows from the number of frames, since the codec
knows how many frames are its own. Where the number of attachments is variable, it must be given.

A REP server that cannot decode or handle a request answers with an error reply:

    [route ...] (an empty frame) "zmqlite.error: reason"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from .codec import Codec, Frame
from .errors import DecodeError, FrameCount, ProtoError, RemoteError, shown

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message

M = TypeVar("M", bound=ProtobufMessage, covariant=True)
S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)

LONGEST_ROUTE: Final = 64
"""Frames that a route may have where its length was not given: each broker adds one."""

ERROR: Final = b"zmqlite.error: "
"""How the second frame of an error reply begins."""

ERROR_MOST: Final = 110
"""Bytes of that frame, at most. Protobuf takes "zm" for a field of 109 bytes, so a frame that short
is a payload of no message type."""


class Envelope(Generic[M]):
    """A message with its topic, its route and its attachments.

    An attachment may be any buffer: `bytes` of 64 KiB and more and zmqlite.Message are sent
    without a copy, other buffers are copied.
    """

    __slots__ = ("attachments", "message", "route", "topic")

    attachments: Sequence[Buffer | Message]

    def __init__(
        self,
        message: M,
        *,
        topic: bytes | None = None,
        route: Sequence[bytes] = (),
        attachments: Sequence[Buffer | Message] = (),
    ) -> None:
        self.message: M = message
        self.topic: bytes | None = topic
        self.route: list[bytes] = list(route)
        self.attachments = list(attachments)

    def reply(self, message: S) -> Envelope[S]:
        """Return an envelope that takes a message to where this one came from."""
        return Envelope(message, route=self.route)

    def __repr__(self) -> str:
        """Show the type, the topic and the counts, but no content: it may be long or secret."""
        topic = "" if self.topic is None else f", topic {self.topic!r}"
        return (
            f"<{type(self).__name__} of {self.message.DESCRIPTOR.full_name}{topic}, "
            f"{len(self.route)} in route, {len(self.attachments)} attachments>"
        )


class Received(Envelope[M]):
    """An envelope that was received.

    Its attachments are read-only views of libzmq's memory, without a copy. A view keeps that
    memory alive.

    `user_id` is who has sent it, as a ZAP handler such as zmqlite.auth said when the peer
    connected; "" for a peer without security. It is None if no handler checks the peers of this
    socket, since then they could claim any, and for peers over inproc.
    """

    __slots__ = ("user_id",)

    attachments: Sequence[memoryview]
    user_id: str | None

    def __init__(
        self,
        message: M,
        *,
        topic: bytes | None = None,
        route: Sequence[bytes] = (),
        attachments: Sequence[memoryview] = (),
    ) -> None:
        super().__init__(message, topic=topic, route=route, attachments=attachments)
        self.user_id = None


class Framing(Generic[S, R]):
    """From an envelope to the frames of a whole message and back; no sockets here.

    `outgoing` and `incoming` are the codecs. An incoming route has `route` frames; None stands
    for any number from `least` to 64. An outgoing one has at least `least`. With `replies`, what
    is received may be an error reply.
    """

    def __init__(
        self,
        outgoing: Codec[S],
        incoming: Codec[R],
        *,
        route: int | None = 0,
        least: int = 0,
        replies: bool = False,
    ) -> None:
        self.outgoing = outgoing
        self.incoming = incoming
        self.route = route
        self.least = least
        self.replies = replies
        if route is None and len(incoming.attachments) > 1:
            raise ValueError(
                "where the number of attachments is variable, the length of the route must be "
                "given: route=1"
            )
        self._size = incoming.head + 1 + incoming.attachments[0]
        # The most frames that a received message may have.
        self.most: int = LONGEST_ROUTE if route is None else route
        self.most += incoming.head + 1 + max(incoming.attachments)

    def pack(self, envelope: Envelope[S]) -> list[Buffer | Message]:
        """Return the frames to send.

        Raises:
            EncodeError, TypeError: see Codec.encode.
            ValueError: a route is missing, or the number of attachments is not the wire form's.
        """
        if len(envelope.route) < self.least:
            raise ValueError(
                "a ROUTER sends to a routing id: send_envelope(request.reply(message)), or "
                "Envelope(message, route=[routing_id])"
            )
        if len(envelope.attachments) not in self.outgoing.attachments:
            raise ValueError(
                f"{self.outgoing!r} has {_counts(self.outgoing.attachments)} attachments, "
                f"not {len(envelope.attachments)}"
            )
        frames = self.outgoing.encode(envelope.message, envelope.topic)
        return [*envelope.route, *frames, *envelope.attachments]

    def unpack(self, frames: Sequence[Frame]) -> Received[R]:
        """Return the envelope in the frames of a received message.

        Raises:
            DecodeError: they are not of the wire form; it has the route, as far as there is one.
        """
        codec = self.incoming
        start = self.route
        if start is None:
            start = max(len(frames) - self._size, self.least)
        try:
            if self.replies and _is_error(frames, self.route):
                start = len(frames) - 2
                raise RemoteError(shown(bytes(frames[-1])[len(ERROR) :]))
            if len(frames) > self.most:
                start = self.route or self.least
                raise FrameCount(f"{codec!r}: {len(frames)} frames, at most {self.most} are wanted")
            body = frames[start:]
            message = codec.decode(body)
        except DecodeError as error:
            error.keep(frames)
            error.route = [bytes(frame) for frame in frames[:start]]
            raise
        route = [bytes(frame) for frame in frames[:start]]
        topic = bytes(body[0]) if codec.has_topic else None
        attachments = [memoryview(frame) for frame in body[codec.head + 1 :]]
        return Received(message, topic=topic, route=route, attachments=attachments)


def error_reply(error: Exception) -> list[bytes]:
    """Return the frames of an error reply, which say what kind of error it was and no more."""
    reason = error.reply if isinstance(error, ProtoError) else ProtoError.reply
    return [b"", ERROR + reason.encode()]


def _is_error(frames: Sequence[Frame], route: int | None) -> bool:
    """Whether these are the frames of an error reply, behind a route of that length if given."""
    start = len(frames) - 2
    if start < 0 or len(frames[-2]) or len(frames[-1]) > ERROR_MOST:
        return False
    if bytes(frames[-1][: len(ERROR)]) != ERROR:
        return False
    # Between a REP and the route there is an empty frame, which a REQ takes away.
    if route == 0:
        return start == 0
    return route in (None, start) and start > 0 and not len(frames[start - 1])


def _counts(counts: range) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
