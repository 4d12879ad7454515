"""Sending typed messages: the short ways for what is simple, and the long way for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..constants import Flag
from ..errors import Again
from ..handle import calls
from ..socket import Socket
from .codec import Bare
from .envelope import Envelope, Framing

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ..message import Message

S = TypeVar("S", bound=ProtobufMessage)

BATCH: Final = 1024
"""Messages that are serialised before the first of them is sent."""

_send_bytes: Final = calls["send_bytes"]
_send_frames: Final = calls["send_frames"]
_SNDMORE: Final = int(Flag.SNDMORE)


class Sending(Generic[S]):
    """The sending half of TypedSocket."""

    socket: Socket
    framing: Framing[S, Any]

    def __init__(self) -> None:
        codec = self.framing.outgoing
        self._address = self.socket._address
        self._most = codec.limit
        self._payload = codec.payload
        self._alone = 0 in codec.attachments and not self.framing.least
        self._plain: type[S] | None = None  # what is sent as its payload and nothing else
        if type(codec) is Bare and self._alone:
            self._plain = codec.kind
            self._serialise = codec.kind.SerializeToString
        # Of what is sent behind one frame, a topic or its name: that name, and what serialises it.
        self._pairs: dict[type, tuple[bytes, Callable[[S], bytes]]] = {}
        self._has_topic = codec.has_topic
        if self._alone and codec.head == 1:
            self._pairs = {
                kind: (codec.name_of(kind), kind.SerializeToString) for kind in codec.types
            }

    def send(
        self,
        message: S,
        flags: int = 0,
        timeout: int | None = None,
        topic: bytes | None = None,
    ) -> None:
        """Send a message, behind its topic if the wire form has one.

        Waits and raises as `Socket.send`. Whatever is wrong with the message is found before
        anything is sent.

        Raises:
            EncodeError: a required field is missing, or the message is over the limit.
            TypeError: a message of another class, or a topic is missing or not wanted.
        """
        if type(message) is self._plain and topic is None:  # less work than what follows
            try:
                data = self._serialise(message)
            except Exception:
                self._payload(message)  # says what is wrong with it
                raise  # nothing: a signal handler raised this
            if len(data) > self._most:
                self._payload(message)
            if flags or timeout is not None or not _send_bytes(self._address, data):
                self.socket.send(data, whole(flags), timeout)
        elif type(topic) is bytes if self._has_topic else topic is None:
            try:
                name, serialise = self._pairs[type(message)]
            except KeyError:
                self._send_any(message, flags, timeout, topic)
                return
            try:
                data = serialise(message)
            except Exception:
                self._payload(message)
                raise
            if len(data) > self._most:
                self._payload(message)
            frames = (topic or name, data)
            if flags or timeout is not None or not _send_frames(self._address, frames):
                self.socket.send_multipart(frames, whole(flags), timeout)
        else:
            self._send_any(message, flags, timeout, topic)

    def _send_any(self, message: S, flags: int, timeout: int | None, topic: bytes | None) -> None:
        """Send a message in any wire form, or say why not."""
        self.socket.send_multipart(self._encode(message, topic), whole(flags), timeout)

    def _encode(self, message: S, topic: bytes | None) -> Sequence[Buffer | Message]:
        if self._alone:
            return self.framing.outgoing.encode(message, topic)
        return self.framing.pack(Envelope(message, topic=topic))

    def send_envelope(
        self, envelope: Envelope[S], flags: int = 0, timeout: int | None = None
    ) -> None:
        """Send a message with its topic, route and attachments; otherwise as `send`.

        `envelope.reply(message)` of a received one makes the answer to it.

        Raises:
            ValueError: a ROUTER without a route, or another number of attachments than the wire
                form has.
        """
        self.socket.send_multipart(self.framing.pack(envelope), whole(flags), timeout)

    def send_many(
        self,
        messages: Iterable[S],
        flags: int = 0,
        *,
        topic: bytes | None = None,
        timeout: int | None = None,
    ) -> int:
        """Send many messages, under one topic if the wire form has one; return how many.

        Bare messages cross into C 1024 at a time, which is many times as fast as one by one. All
        else is as with `Socket.send_many`.
        """
        whole(flags)
        if self._plain is not None and topic is None:
            return self.socket.send_many(self._payloads(messages), flags, timeout)
        sent = 0
        for message in messages:
            try:
                self.send(message, flags, topic=topic, timeout=timeout)
            except Again:
                if not sent:
                    raise
                break
            sent += 1
        return sent

    def _payloads(self, messages: Iterable[S]) -> Iterator[bytes]:
        left = iter(messages)
        while batch := list(islice(left, BATCH)):
            encode = self.framing.outgoing.encode
            try:
                payloads = [message.SerializeToString() for message in batch]
            except Exception:
                list(map(encode, batch))  # says what is wrong with one of them
                raise  # nothing: a signal handler raised this
            if set(map(type, batch)) != {self._plain} or max(map(len, payloads)) > self._most:
                list(map(encode, batch))
            yield from payloads


def whole(flags: int) -> int:
    """Return flags that are for a whole message; ValueError for others."""
    if flags & _SNDMORE:
        raise ValueError("a typed message is whole: attachments go with it in an Envelope")
    return flags
