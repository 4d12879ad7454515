"""A socket for typed messages: it has a Socket, and a codec for each direction.

Everything about frames is in codec and envelope; here is what waits and what goes on. A received
message that is skipped, because `on_error` took it or nobody subscribed to its type, takes nothing
from the time of the call: the wait goes on with what is left of it.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Final, Generic, Self, TypeVar, cast, overload

from google.protobuf.message import Message as ProtobufMessage

from ..arguments import milliseconds
from ..constants import Flag, SocketType
from ..errors import Again, ContextTerminated, ZMQError, failure, timed_out
from ..message import Message
from ..socket import Socket
from .codec import Bare, Codec, Frame, Tagged, codec_for
from .envelope import Envelope, Framing
from .errors import BatchError, DecodeError
from .subscriptions import Subscriptions

S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)
T = TypeVar("T")

BATCH: Final = 1024
"""Messages that `recv_many` takes at once unless told otherwise."""

BATCH_BYTES: Final = 65536
"""Bytes of messages of several frames after which `recv_many` takes no more."""

SKIPS: Final = 1000
"""Messages that a receive with DONTWAIT skips before it calls that nothing."""

_DONTWAIT: Final = int(Flag.DONTWAIT)
_SNDMORE: Final = int(Flag.SNDMORE)

ROUTED: Final = {SocketType.ROUTER: 1, SocketType.DEALER: 0}
"""Socket types whose messages have a route, and the least number of frames in it."""


class TypedSocket(Generic[S, R]):
    """A Socket that sends messages of type S and receives messages of type R.

    `outgoing` is a codec, or a message class that travels bare; `incoming` is the same for the
    other direction, if that differs. The socket stays in use for all else, as `socket`: connect,
    bind, options, poll, close. As there, one thread at a time.

    `route` is the length of an incoming route, for ROUTER and DEALER; None stands for any.
    `on_error` is called with the DecodeError of every message that cannot be decoded, and
    receiving goes on; without it, the call that received such a message raises.
    """

    @overload
    def __init__(
        self: TypedSocket[S, S],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        *,
        route: int | None = ...,
        on_error: Callable[[DecodeError], object] | None = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: TypedSocket[S, R],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R],
        *,
        route: int | None = ...,
        on_error: Callable[[DecodeError], object] | None = ...,
    ) -> None: ...
    def __init__(
        self,
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R] | None = None,
        *,
        route: int | None = None,
        on_error: Callable[[DecodeError], object] | None = None,
    ) -> None:
        if not isinstance(socket, Socket):
            raise TypeError(f"a zmqlite.Socket is wanted, not {type(socket).__name__}")
        self.socket = socket
        self._on_error = on_error
        codec = codec_for(outgoing)
        least = ROUTED.get(socket.type)
        self.framing: Framing[S, R] = Framing(
            codec,
            cast("Codec[R]", codec) if incoming is None else codec_for(incoming),
            route=0 if least is None and route is None else route,
            least=least or 0,
        )
        self._subscriptions = Subscriptions()
        self._frames: list[Message] = []  # of a message whose receiving was interrupted
        self._prepare()

    def _prepare(self) -> None:
        """Look up what `send` and `recv` need where there is nothing but payloads."""
        sends, receives = self.framing.outgoing, self.framing.incoming
        self._send = self.socket.send
        self._receive = self.socket.recv_multipart
        self._payload = sends.payload
        self._limit = receives.limit
        self._most = sends.limit
        self._plain: type[S] | None = None
        self._parse: Callable[[bytes], R] | None = None
        self._copied = receives.attachments == range(1)
        self._simple = self._copied and self.framing.route == 0
        if type(sends) is Bare and 0 in sends.attachments and not self.framing.least:
            self._plain = sends.kind
        if (
            type(receives) is Bare
            and self._simple
            and not receives.check
            and self._on_error is None
        ):
            self._parse = receives.kind.FromString

    # Sending

    def send(
        self,
        message: S,
        flags: int = 0,
        *,
        topic: bytes | None = None,
        timeout: int | None = None,
    ) -> None:
        """Send a message, behind its topic if the wire form has one.

        Waits and raises as `Socket.send`. Whatever is wrong with the message is found before
        anything is sent.

        Raises:
            EncodeError: a required field is missing, or the message is over the limit.
            TypeError: a message of another class, or a topic is missing or not wanted.
        """
        if type(message) is self._plain and topic is None:
            try:
                data = message.SerializeToString()
            except Exception:
                data = self._payload(message)  # says what is wrong
            if len(data) > self._most:
                self._payload(message)  # likewise
            if flags or timeout is not None:
                self._send(data, _whole(flags), timeout=timeout)
            else:
                self._send(data)
        else:
            self.send_envelope(Envelope(message, topic=topic), flags, timeout=timeout)

    def send_envelope(
        self, envelope: Envelope[S], flags: int = 0, *, timeout: int | None = None
    ) -> None:
        """Send a message with its topic, route and attachments; otherwise as `send`.

        `envelope.reply(message)` of a received one makes the answer to it.

        Raises:
            ValueError: a ROUTER without a route, or another number of attachments than the wire
                form has.
        """
        frames = self.framing.pack(envelope)
        self.socket.send_multipart(frames, _whole(flags), timeout=timeout)

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
        codec = self.framing.outgoing
        if self._plain is not None and topic is None:
            payloads = (codec.encode(message)[0] for message in messages)
            return self.socket.send_many(payloads, flags, timeout=timeout)
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

    # Receiving

    def recv(self, flags: int = 0, *, timeout: int | None = None) -> R:
        """Receive a message, without what came with it; waits and raises as `Socket.recv`.

        Raises:
            DecodeError: it is not what was expected; see errors. It was taken all the same, and
                the next call gets the next message.
        """
        parse = self._parse
        if parse is not None and timeout is None and not flags:
            frames = self._receive()
            if len(frames) == 1 and len(frames[0]) <= self._limit:
                try:
                    return parse(frames[0])
                except Exception:  # found again, and said, below
                    pass
            return self.framing.unpack(frames).message
        return self._until(self._next_message, flags, timeout)

    def recv_envelope(self, flags: int = 0, *, timeout: int | None = None) -> Envelope[R]:
        """Receive a message with its topic, route and attachments; otherwise as `recv`.

        Attachments are views, not copies.
        """
        return self._until(self._next, flags, timeout)

    def recv_many(
        self, limit: int = BATCH, flags: int = 0, *, timeout: int | None = None
    ) -> list[R]:
        """Receive the messages that are there: 1 to `limit`, as `Socket.recv_many`.

        Waits for the first as `recv` does and never for more.

        Raises:
            BatchError: some of them cannot be decoded; it has the others, too.
            DecodeError: the only one that is there cannot be decoded.
        """
        if self._parse is None or self._subscriptions.exact:
            fetch = self._fetch_many
        else:
            fetch = self._fetch_batch

        def attempt(flags: int, timeout: int | None) -> list[R] | None:
            return self._decode_many(fetch(limit, flags, timeout))

        return self._until(attempt, flags, timeout)

    def __iter__(self) -> Iterator[R]:
        """Yield messages as `recv` does, until the context is shut down or terminated.

        After a DecodeError a new iteration goes on with the next message; with `on_error` there
        is none.
        """
        while True:
            try:
                message = self.recv()
            except ContextTerminated:
                return
            yield message

    def _until(
        self,
        attempt: Callable[[int, int | None], T | None],
        flags: int,
        timeout: int | None,
    ) -> T:
        """Make `attempt(flags, timeout)` until it returns something, within the time."""
        start = time.monotonic()
        skips = 0
        left = timeout
        while (got := attempt(flags, left)) is None:
            skips += 1
            if flags & _DONTWAIT:
                if skips == SKIPS:
                    raise failure(errno.EAGAIN, "zmq_recv", self.socket.type.name)
                continue
            wait = self.socket.rcvtimeo if timeout is None else milliseconds(timeout)
            if wait > 0:
                left = wait - int((time.monotonic() - start) * 1000)
                if left <= 0:
                    raise timed_out(wait, "zmq_recv", self.socket.type.name)
        return got

    def _next(self, flags: int, timeout: int | None) -> Envelope[R] | None:
        """Receive an envelope; None if it is to be skipped."""
        return self._decode(self.framing.unpack, self._fetch(flags, timeout))

    def _next_message(self, flags: int, timeout: int | None) -> R | None:
        """Receive a message; None if it is to be skipped."""
        return self._decode(self._unpack_message, self._fetch(flags, timeout))

    def _unpack_message(self, frames: Sequence[Frame]) -> R:
        if self._simple:
            return self.framing.incoming.decode(frames)
        return self.framing.unpack(frames).message

    def _decode(self, unpack: Callable[[Sequence[Frame]], T], frames: Sequence[Frame]) -> T | None:
        if self._subscriptions.exact and not self._subscriptions.match(bytes(frames[0])):
            return None
        try:
            return unpack(frames)
        except DecodeError as error:
            if self._on_error is None:
                raise
            self._on_error(error)
            return None

    def _decode_many(self, batch: list[Sequence[Frame]]) -> list[R] | None:
        messages: list[R] = []
        errors: list[DecodeError] = []
        for frames in batch:
            try:
                message = self._decode(self._unpack_message, frames)
            except DecodeError as error:
                errors.append(error)
            else:
                if message is not None:
                    messages.append(message)
        if errors:
            raise errors[0] if len(batch) == 1 else BatchError(messages, errors)
        return messages or None

    def _fetch(self, flags: int, timeout: int | None) -> Sequence[Frame]:
        """Receive the frames of a message, without a copy where there are attachments.

        One by one, then; those of a message whose receiving was interrupted are kept.
        """
        if self._copied:
            return self.socket.recv_multipart(flags, timeout=timeout)
        frames = self._frames
        if not frames or frames[-1].more:
            frames.append(self.socket.recv_message(flags, timeout=timeout))
        while frames[-1].more:
            frames.append(self.socket.recv_message(flags, timeout=timeout))
        self._frames = []
        return [frame.data for frame in frames]

    def _fetch_many(self, limit: int, flags: int, timeout: int | None) -> list[Sequence[Frame]]:
        batch = [self._fetch(flags, timeout)]
        size = sum(map(len, batch[0]))
        with contextlib.suppress(Again):
            while len(batch) < limit and size < BATCH_BYTES:
                batch.append(self._fetch(_DONTWAIT, None))
                size += sum(map(len, batch[-1]))
        return batch

    def _fetch_batch(self, limit: int, flags: int, timeout: int | None) -> list[Sequence[Frame]]:
        """Receive many messages of one frame in one crossing."""
        try:
            payloads = self.socket.recv_many(limit, flags, timeout=timeout)
        except ZMQError as error:
            if error.errno != errno.EPROTO:
                raise
            return [self.socket.recv_multipart(flags, timeout=timeout)]  # which is too many frames
        return [(payload,) for payload in payloads]

    # Subscriptions

    def subscribe(self, topic: bytes = b"") -> None:
        """Receive messages whose topic starts with these bytes, too; all without any (SUB).

        Without a topic in the wire form, what is compared is the name of the type.
        """
        if topic and not self.framing.incoming.head:
            raise ValueError(
                "bare messages have no topic to subscribe to: subscribe(), or use Topic() or "
                "Tagged() on both sides"
            )
        self.socket.subscribe(topic)
        self._subscriptions.add(topic)

    def unsubscribe(self, topic: bytes = b"") -> None:
        """Take one subscription back; one that was not made is no error."""
        self.socket.unsubscribe(topic)
        self._subscriptions.remove(topic)

    def subscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Receive messages of this type, too, and not those whose names begin with its name (SUB).

        The wire form has to be Tagged, without a topic.
        """
        name = self._type_name(kind)
        self.socket.subscribe(name)
        self._subscriptions.add_type(name)

    def unsubscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Take one subscription of a type back; one that was not made is no error."""
        name = self._type_name(kind)
        self.socket.unsubscribe(name)
        self._subscriptions.remove_type(name)

    def _type_name(self, kind: type[ProtobufMessage]) -> bytes:
        codec = self.framing.incoming
        if not isinstance(codec, Tagged) or codec.has_topic:
            raise TypeError("only Tagged() without a topic puts the type first")
        return codec.name_of(kind)

    # Life

    def close(self, linger: int | None = None) -> None:
        """Close the socket; see Socket.close."""
        self.socket.close(linger)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        framing = self.framing
        return f"<TypedSocket {framing.outgoing!r} -> {framing.incoming!r} on {self.socket!r}>"


def _whole(flags: int) -> int:
    if flags & _SNDMORE:
        raise ValueError("a typed message is whole: attachments go with it in an Envelope")
    return flags
