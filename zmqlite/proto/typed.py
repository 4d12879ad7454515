"""What a typed socket knows: how its messages become frames, and what it has subscribed to.

There are no sockets here. The sockets in socket and aio each have a Typed: they send what `encode`
returns, and hand what they receive to one of the `decode` methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from .codec import Bare, Frame, Tagged
from .descriptors import needs_check
from .envelope import Envelope, Framing, Received
from .errors import DecodeError
from .subscriptions import Subscriptions

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message


S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)
T = TypeVar("T")

Frames: TypeAlias = Sequence[Frame]

BATCH: Final = 1024
"""Messages in a batch: serialised before the first is sent, or received by one `recv_many`."""

BATCH_BYTES: Final = 65536
"""Bytes after which a batch of messages of several frames ends."""

FRAME_BYTES: Final = 16
"""Bytes that each frame counts beside its own, so that empty frames end a batch, too."""

SKIPS: Final = 1000
"""Messages that a receive with DONTWAIT skips before it raises Again."""


class Typed(Generic[S, R]):
    """The codecs, tables and subscriptions of one typed socket.

    The tables are for the frequent case: a message of one frame, or of two with a topic or a type
    name first. `payload_of` and `pair_of` say how it is sent. `parse` and `parsers` say how it is
    received; they are None and empty where more has to be done than to call them.
    """

    __slots__ = (
        "_alone",
        "copied",
        "framing",
        "pairs",
        "parse",
        "parsers",
        "plain",
        "single",
        "subscriptions",
    )

    def __init__(self, framing: Framing[S, R]) -> None:
        self.framing: Framing[S, R] = framing
        self.subscriptions: Subscriptions = Subscriptions()
        codec = framing.outgoing
        self._alone = 0 in codec.attachments and not framing.least
        # The class that is sent as its payload and nothing else.
        self.plain: type[S] | None = codec.kind if self._alone and type(codec) is Bare else None
        # For each class that is sent behind one frame: its name, and what serialises it.
        self.pairs: dict[type[ProtobufMessage], tuple[bytes, Callable[[S], bytes]]] = {}
        if self._alone and codec.head == 1:
            self.pairs = {
                kind: (codec.name_of(kind), kind.SerializeToString) for kind in codec.types
            }
        incoming = framing.incoming
        # Whether frames are received as bytes: attachments are received as views.
        self.copied: bool = incoming.attachments == range(1)
        unrouted = self.copied and framing.route == 0
        self.single: bool = unrouted and type(incoming) is Bare
        # What parses the last frame: whatever stands before it, or by the name before it.
        self.parse: Callable[[Any], R] | None = None
        self.parsers: dict[Any, Callable[[Any], R]] = {}
        if unrouted and incoming.head < 2:
            parsers: dict[Any, Callable[[Any], R]] = {
                incoming.name_of(kind): kind.FromString
                for kind in incoming.types
                if not needs_check(kind)
            }
            if isinstance(incoming, Tagged):
                self.parsers = parsers
            else:
                self.parse = parsers.get(b"")

    # Sending

    def encode(self, message: S, topic: bytes | None = None) -> Sequence[Buffer | Message]:
        """Return the frames of a message; raises as Framing.pack does."""
        if self._alone:
            return self.framing.outgoing.encode(message, topic)
        return self.framing.pack(Envelope(message, topic=topic))

    def payloads(self, messages: Iterable[S]) -> Iterator[bytes]:
        """Return the payloads of messages of the class `plain`, serialised in batches."""
        return chain.from_iterable(self._serialised(messages))

    def _serialised(self, messages: Iterable[S]) -> Iterator[list[bytes]]:
        encode, limit = self.framing.outgoing.encode, self.framing.outgoing.limit
        # The method of the class: in a message protobuf looks for a field of that name first.
        serialise = self.framing.outgoing.types[0].SerializeToString
        left = iter(messages)
        while batch := list(islice(left, BATCH)):
            try:
                payloads = list(map(serialise, batch))
            except Exception:
                list(map(encode, batch))  # says what is wrong with one of them
                raise  # nothing is: a signal handler raised this
            if set(map(type, batch)) != {self.plain} or max(map(len, payloads)) > limit:
                list(map(encode, batch))
            yield payloads

    # Receiving

    def decode(self, frames: Frames) -> R | None:
        """Return the message in these frames; None if it was not subscribed to.

        Raises:
            DecodeError: see Framing.unpack.
        """
        if self._unwanted(frames):
            return None
        codec = self.framing.incoming
        parse = self.parse
        if self.parsers:
            parse = self.parsers.get(frames[0])
        if parse and len(frames) == codec.head + 1 and len(frames[-1]) <= codec.limit:
            try:
                return parse(frames[-1])
            except Exception:
                self.framing.unpack(frames)  # says what is wrong with it
                raise  # nothing is: a signal handler raised this
        return self.framing.unpack(frames).message

    def decode_envelope(self, frames: Frames) -> Received[R] | None:
        """Return the envelope in these frames; otherwise as `decode`."""
        return None if self._unwanted(frames) else self.framing.unpack(frames)

    def decode_many(self, batch: Sequence[Frames]) -> tuple[list[R], list[DecodeError]]:
        """Return the messages in a batch, and the errors of those that cannot be decoded."""
        messages: list[R] = []
        errors: list[DecodeError] = []
        for frames in batch:
            try:
                message = self.decode(frames)
            except DecodeError as error:
                errors.append(error.with_traceback(None))  # which keeps the batch
            else:
                if message is not None:
                    messages.append(message)
        return messages, errors

    def decode_payloads(self, payloads: list[bytes]) -> tuple[list[R], list[DecodeError]]:
        """Do the same with a batch of messages of one frame each."""
        if self.parse and max(map(len, payloads)) <= self.framing.incoming.limit:
            try:
                return list(map(self.parse, payloads)), []
            except Exception:
                messages, errors = self.decode_many([[payload] for payload in payloads])
                if errors:
                    return messages, errors
                raise  # nothing is wrong: a signal handler raised this
        return self.decode_many([[payload] for payload in payloads])

    def _unwanted(self, frames: Frames) -> bool:
        return self.subscriptions.exact and not self.subscriptions.match(bytes(frames[0]))

    def name_to_subscribe(self, kind: type[ProtobufMessage]) -> bytes:
        """Return the type name that a SUB subscribes to; TypeError if no name comes first."""
        codec = self.framing.incoming
        if not isinstance(codec, Tagged) or codec.has_topic:
            raise TypeError("only Tagged() without a topic puts the type first")
        return codec.name_of(kind)


def weight(frames: Frames) -> int:
    """Return how many bytes a message of several frames counts in a batch, or enough to end it."""
    size = FRAME_BYTES * len(frames)
    return size if size >= BATCH_BYTES else size + sum(map(len, frames))
