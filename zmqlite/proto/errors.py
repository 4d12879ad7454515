"""Exceptions of typed messages.

    ValueError
    └── ProtoError
        ├── EncodeError              a message that cannot be sent; nothing was sent
        ├── NoHandler                a Dispatcher has no handler for the type of a message
        ├── NotAllowed               a Dispatcher refuses the sender of a message
        └── DecodeError              a message arrived that cannot be decoded
            ├── FrameCount           fewer or more frames than the wire form has
            ├── UnknownType          the codec was not given the type that the message names
            ├── MessageTooLarge      the payload is longer than the codec's limit
            ├── RemoteError          a server answered with an error reply
            └── BatchError           recv_many received some of these

Only DecodeError itself is found by parsing; the classes below it are found before. In every case
the message has been taken from the socket, and the next receive gets the next message. Errors of
the socket, such as a timeout, are ZMQError. A message object of the wrong class is a TypeError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from google.protobuf.message import Message as ProtobufMessage

SHOWN: Final = 80
"""Characters that an error shows of a name or a reason that a peer has sent."""

KEPT: Final = 32
"""Frames of a message that a DecodeError keeps: a peer may send a million of them."""


class ProtoError(ValueError):
    """Base of the errors of typed messages; the errors of sockets are ZMQError.

    `reply` is what a REP server tells the client in its error reply: a fixed text, so that it
    holds nothing of the message and nothing of the server.
    """

    reply: str = "the request failed"


class EncodeError(ProtoError):
    """The message cannot be sent: a required field is missing, or it is over the limit."""


class NoHandler(ProtoError):
    """No handler of a Dispatcher is registered for the type of a message."""

    reply = "the server has no handler for this type"


class NotAllowed(ProtoError):
    """A Dispatcher was told that the sender of a message is not allowed (any more)."""

    reply = "the server does not allow this client"


class DecodeError(ProtoError):
    """A message arrived that cannot be decoded.

    `frames` are its first 32 frames as bytes, `count` is how many it had. `expected` is the class
    that the payload should have been of, None where that is not known. `route` is the part of the
    frames that a reply has to begin with, see Envelope.
    """

    reply = "the request does not parse"

    def __init__(
        self,
        reason: str,
        frames: Sequence[bytes | memoryview] = (),
        expected: type[ProtobufMessage] | None = None,
    ) -> None:
        super().__init__(reason)
        self.expected = expected
        self.route: list[bytes] = []
        self.keep(frames)

    def keep(self, frames: Sequence[bytes | memoryview]) -> None:
        """Set `frames` and `count` to those of the whole message."""
        self.frames: list[bytes] = [bytes(frame) for frame in frames[:KEPT]]
        self.count: int = len(frames)

    def __str__(self) -> str:
        """Give the reason and the sizes of the frames, but not their content: it may be secret."""
        sizes = ", ".join(str(len(frame)) for frame in self.frames[:8])
        more = f", ...; {self.count} in all" if self.count > 8 else ""
        return f"{self.args[0]} (frames of {sizes} bytes{more})"


class FrameCount(DecodeError):
    """The message has fewer or more frames than its wire form."""

    reply = "the request has a wrong number of frames"


class UnknownType(DecodeError):
    """The codec was not given the type that the message names; nothing was parsed.

    `name` is that name, shortened, with what is not UTF-8 escaped.
    """

    reply = "the request is of an unknown type"
    name: str = ""


class MessageTooLarge(DecodeError):
    """The payload is longer than the codec's limit; nothing was parsed."""

    reply = "the request is too large"


class RemoteError(DecodeError):
    """A server answered with an error reply: it could not decode or handle the request.

    `reason` is what the server said, shortened, with what is not UTF-8 escaped.
    """

    reply = "the request is an error reply"

    def __init__(self, reason: str, frames: Sequence[bytes | memoryview] = ()) -> None:
        super().__init__(f"the server answered with an error: {reason}", frames)
        self.reason = reason


class BatchError(DecodeError):
    """`recv_many` received messages of which some cannot be decoded.

    `messages` are the decoded ones, in order. `errors` has a DecodeError for each of the others;
    `frames`, `count`, `expected` and `route` are those of the first.
    """

    def __init__(self, messages: list[Any], errors: list[DecodeError]) -> None:
        first = errors[0]
        super().__init__(
            f"{len(errors)} of {len(errors) + len(messages)} messages cannot be decoded, "
            f"the first: {first.args[0]}",
            first.frames,
            first.expected,
        )
        self.count: int = first.count
        self.route: list[bytes] = first.route
        self.messages = messages
        self.errors = errors


def shown(name: bytes) -> str:
    """Return what a peer has sent as text: shortened, and escaped where it is not UTF-8."""
    text = name[:SHOWN].decode(errors="backslashreplace")
    return text + "..." if len(name) > SHOWN else text
