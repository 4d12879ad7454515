"""Sending typed messages: the short ways for what is simple, and the long way for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message as ProtobufMessage

from ..constants import Flag
from ..errors import Again
from ..handle import calls
from ..socket import Socket
from .codec import Bare
from .envelope import Envelope, Framing

S = TypeVar("S", bound=ProtobufMessage)

BATCH: Final = 1024
"""Messages that are serialised before the first of them is sent."""

_send_bytes: Final = calls["send_bytes"]
_send_frames: Final = calls["send_frames"]
_SNDMORE: Final = int(Flag.SNDMORE)


class Sending(Generic[S]):
    """The sending half of TypedSocket."""

    def __init__(self, socket: Socket, framing: Framing[S, Any]) -> None:
        codec = framing.outgoing
        self._pack = framing.pack
        self._address = socket._address
        self._send, self._send_multipart = socket.send, socket.send_multipart
        self._send_payloads = socket.send_many
        self._encode, self._payload = codec.encode, codec.payload
        self._most = codec.limit
        self._alone = 0 in codec.attachments and not framing.least
        self._plain: type[S] | None = None  # what is sent as its payload and nothing else
        if type(codec) is Bare and self._alone:
            self._plain = codec.kind
            self._serialise = codec.kind.SerializeToString

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
                data = self._payload(message)  # says what is wrong
            if len(data) > self._most:
                self._payload(message)  # likewise
            if flags or timeout is not None or not _send_bytes(self._address, data):
                self._send(data, _whole(flags), timeout)
        elif self._alone:
            frames = self._encode(message, topic)
            if flags or timeout is not None or not _send_frames(self._address, frames):
                self._send_multipart(frames, _whole(flags), timeout)
        else:  # which refuses it
            self.send_envelope(Envelope(message, topic=topic), flags, timeout)

    def send_envelope(
        self, envelope: Envelope[S], flags: int = 0, timeout: int | None = None
    ) -> None:
        """Send a message with its topic, route and attachments; otherwise as `send`.

        `envelope.reply(message)` of a received one makes the answer to it.

        Raises:
            ValueError: a ROUTER without a route, or another number of attachments than the wire
                form has.
        """
        self._send_multipart(self._pack(envelope), _whole(flags), timeout)

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
        _whole(flags)
        if self._plain is not None and topic is None:
            return self._send_payloads(self._payloads(messages), flags, timeout=timeout)
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
            try:
                payloads = [message.SerializeToString() for message in batch]
                good = set(map(type, batch)) == {self._plain}
                good = good and max(map(len, payloads)) <= self._most
            except Exception:  # found again, and said, below
                good = False
            if not good:
                payloads = [self._encode(message)[0] for message in batch]
            yield from payloads


def _whole(flags: int) -> int:
    if flags & _SNDMORE:
        raise ValueError("a typed message is whole: attachments go with it in an Envelope")
    return flags
