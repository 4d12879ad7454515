"""What comes with a message, and how the frames of a whole message are taken apart.

    [route ...] [topic] [full.type.Name] payload [attachment ...]

The route is what ROUTER, DEALER and brokers put before a message so that a reply finds its way: a
routing id for each of them, and an empty frame where a REQ or REP socket is at the end. No socket
type but these two has one. How long it is follows from the number of frames, since the codec
knows how many are its own; only where the number of attachments is free as well does it have to
be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from .codec import Codec, Frame
from .errors import DecodeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message

M = TypeVar("M", bound=ProtobufMessage, covariant=True)
S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)


class Envelope(Generic[M]):
    """A message with its topic, its route and its attachments.

    An attachment may be any buffer: `bytes` of 64 KiB and more and zmqlite.Message go without a
    copy, other buffers are copied.
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
        """Name the type and what is there beside it; the content may be long or secret."""
        topic = "" if self.topic is None else f", topic {self.topic!r}"
        return (
            f"<{type(self).__name__} of {self.message.DESCRIPTOR.full_name}{topic}, "
            f"{len(self.route)} in route, {len(self.attachments)} attachments>"
        )


class Received(Envelope[M]):
    """An envelope that arrived.

    Its attachments are read-only views of what libzmq holds, which they keep alive: nothing was
    copied.
    """

    __slots__ = ()

    attachments: Sequence[memoryview]


class Framing(Generic[S, R]):
    """From an envelope to the frames of a whole message and back; no sockets here.

    `outgoing` and `incoming` are the codecs. An incoming route has `route` frames; None stands
    for any number from `least` on. An outgoing one has at least `least`.
    """

    def __init__(
        self, outgoing: Codec[S], incoming: Codec[R], *, route: int | None = 0, least: int = 0
    ) -> None:
        self.outgoing = outgoing
        self.incoming = incoming
        self.route = route
        self.least = least
        if route is None and len(incoming.attachments) > 1:
            raise ValueError(
                "where the number of attachments is free, the length of the route is not: route=1"
            )
        self._size = incoming.head + 1 + incoming.attachments[0]

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
        """Return what the frames of a received message stand for.

        Raises:
            DecodeError: they are not of the wire form; it has the route, as far as there is one.
        """
        codec = self.incoming
        start = self.route
        if start is None:
            start = max(len(frames) - self._size, self.least)
        body = frames[start:]
        route = [bytes(frame) for frame in frames[:start]]
        try:
            message = codec.decode(body)
        except DecodeError as error:
            error.frames = [bytes(frame) for frame in frames]
            error.route = route
            raise
        topic = bytes(body[0]) if codec.has_topic else None
        attachments = [memoryview(frame) for frame in body[codec.head + 1 :]]
        return Received(message, topic=topic, route=route, attachments=attachments)


def _counts(counts: range) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
