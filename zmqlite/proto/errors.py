"""What goes wrong with typed messages, as exceptions.

    ValueError
    └── ProtoError
        ├── EncodeError              a message that cannot be sent; nothing was sent
        ├── NoHandler                a Dispatcher has no handler for the type of a message
        └── DecodeError              what arrived is not what was expected: it does not parse
            ├── FrameCount           fewer or more frames than the wire form has
            ├── UnknownType          the type name is of no type that the codec knows
            ├── MessageTooLarge      longer than the codec's limit
            └── BatchError           among many messages at once there were such ones

All but the first kind of DecodeError are found before anything is parsed. Whatever it is, the
message was taken from the socket, and the next receive gets the next message. Errors of the
socket itself, such as a timeout, are ZMQError. A message of the wrong class is a TypeError.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import Message as ProtobufMessage

SHOWN = 80
"""Characters that an error shows of a name that came from outside."""


class ProtoError(ValueError):
    """What can go wrong with typed messages, beside what can go wrong with sockets."""


class EncodeError(ProtoError):
    """The message cannot be sent: a required field is missing, or it is over the limit."""


class NoHandler(ProtoError):
    """No handler of a Dispatcher is registered for the type of a message."""


class DecodeError(ProtoError):
    """A message that arrived is not what was expected; `frames` is all of it, as it came.

    `expected` is the class that its payload should have been of, None where that is not known.
    `route` is the part of the frames that a reply has to begin with, see Envelope.
    """

    def __init__(
        self,
        reason: str,
        frames: Sequence[bytes | memoryview] = (),
        expected: type[ProtobufMessage] | None = None,
    ) -> None:
        super().__init__(reason)
        self.frames: list[bytes] = [bytes(frame) for frame in frames]
        self.expected = expected
        self.route: list[bytes] = []

    def __str__(self) -> str:
        """Say what was wrong, and the sizes of the frames: their content may be secret."""
        sizes = ", ".join(str(len(frame)) for frame in self.frames[:8])
        more = ", ..." if len(self.frames) > 8 else ""
        return f"{self.args[0]} (frames of {sizes}{more} bytes)"


class FrameCount(DecodeError):
    """The message has fewer or more frames than its wire form."""


class UnknownType(DecodeError):
    """The frame with the type name holds none that the codec was given; nothing was parsed.

    `name` is that name, shortened, with what is not UTF-8 escaped.
    """

    name: str = ""


class MessageTooLarge(DecodeError):
    """The payload is longer than the codec's limit; nothing was parsed."""


class BatchError(DecodeError):
    """Some of the messages that `recv_many` took at once cannot be decoded.

    `messages` are those that can, in order. `errors` has a DecodeError for each that cannot;
    `frames`, `expected` and `route` are of the first of them.
    """

    def __init__(self, messages: list[Any], errors: list[DecodeError]) -> None:
        first = errors[0]
        super().__init__(
            f"{len(errors)} of {len(errors) + len(messages)} messages cannot be decoded, "
            f"the first: {first.args[0]}",
            first.frames,
            first.expected,
        )
        self.route: list[bytes] = first.route
        self.messages = messages
        self.errors = errors


def shown(name: bytes) -> str:
    """Return a name that came from outside as a text that is short and fit to print."""
    text = name[:SHOWN].decode(errors="backslashreplace")
    return text + "..." if len(name) > SHOWN else text
