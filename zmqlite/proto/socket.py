"""Typed sockets that block: a Socket that sends and receives, and a Typed that says what."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Self, TypeVar, overload

from google.protobuf.message import Message as ProtobufMessage

from ..arguments import milliseconds
from ..constants import Event
from ..errors import Again, ContextTerminated, StateError, ZMQError, failure, timed_out
from ..socket import Socket
from .codec import Codec
from .envelope import Envelope, Received, error_reply
from .errors import KEPT, BatchError, DecodeError
from .typed import BATCH, BATCH_BYTES, SKIPS, Frames, weight
from .wrapper import DONTWAIT, OnError, Wrapper, unknown, views, whole

S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)
T = TypeVar("T")


class TypedSocket(Wrapper[S, R]):
    """A Socket that sends messages of type S and receives messages of type R.

    `outgoing` is a codec, or a message class that is sent bare; `incoming` is the same for the
    other direction, if that differs. Options, endpoints, `poll` and `close` are those of the
    socket, and a Poller and a Reactor take it as they take a Socket. The rest is in `socket`. As
    there, one thread at a time.

    `route` is the length of an incoming route, for ROUTER and DEALER; None stands for any.

    `on_error` is called with the DecodeError of every message that cannot be decoded, and the
    receive goes on with the next one; without it, and on a REQ, the receive raises the error. A
    REP answers such a message with an error reply by itself, unless `on_error` has replied.
    """

    __slots__ = (
        "_fast",
        "_fetch",
        "_limit",
        "_longest",
        "_pairs",
        "_parse",
        "_parsers",
        "_plain",
        "_receive_single",
        "_send",
        "_send_multipart",
        "_serialise",
        "_topics",
    )

    socket: Socket

    @overload
    def __init__(
        self: TypedSocket[S, S],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        *,
        route: int | None = ...,
        on_error: OnError | None = ...,
    ) -> None: ...
    @overload
    def __init__(
        self: TypedSocket[S, R],
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R],
        *,
        route: int | None = ...,
        on_error: OnError | None = ...,
    ) -> None: ...
    def __init__(
        self,
        socket: Socket,
        outgoing: Codec[S] | type[S],
        incoming: Codec[R] | type[R] | None = None,
        *,
        route: int | None = None,
        on_error: OnError | None = None,
    ) -> None:
        if not isinstance(socket, Socket):
            raise TypeError(
                f"a zmqlite.Socket is wanted, not {type(socket).__name__}; for one of zmqlite.aio "
                "there is zmqlite.proto.aio.TypedSocket"
            )
        super().__init__(socket, outgoing, incoming, route, on_error)
        # Looked up once: what `send` and `recv` need for messages of one or two frames.
        typed = self._typed
        self._send, self._send_multipart = socket.send, socket.send_multipart
        self._plain, self._pairs = typed.plain, typed.pairs
        self._serialise = (typed.plain or ProtobufMessage).SerializeToString
        self._longest = self.framing.outgoing.limit
        self._topics = self.framing.outgoing.has_topic
        self._fetch: Callable[[int, int | None], list[Any]] = (
            socket.recv_multipart
            if typed.copied
            else partial(_receive_views, socket, self.framing.most + 1)
        )
        self._limit = self.framing.incoming.limit
        # Where `on_error` takes errors, receives have to go on after them, within their time.
        self._fast = self._on_error is None and bool(typed.parse or typed.parsers)
        self._parse: Callable[[Any], R] = typed.parse or unknown
        self._parsers = typed.parsers
        self._receive_single = socket._receive_single if self._fast and typed.single else None

    # Sending

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
        if type(message) is self._plain and topic is None:
            # Not self._serialise(...): CPython 3.11 has no fast path to call what is in a slot.
            to_bytes, send = self._serialise, self._send
            try:
                data = to_bytes(message)
            except Exception:
                self._typed.encode(message)  # says what is wrong with it
                raise  # nothing is: a signal handler raised this
            if len(data) <= self._longest:
                if flags:
                    whole(flags)
                send(data, flags, timeout)
                return
        elif (pair := self._pairs.get(type(message))) and (
            type(topic) is bytes if self._topics else topic is None
        ):
            name, serialise = pair
            try:
                data = serialise(message)
            except Exception:
                self._typed.encode(message, topic)  # says what is wrong with it
                raise  # nothing is: a signal handler raised this
            if len(data) <= self._longest:
                if flags:
                    whole(flags)
                self._send_multipart((topic or name, data), flags, timeout)
                return
        self._send_multipart(self._typed.encode(message, topic), whole(flags), timeout)

    def send_envelope(
        self, envelope: Envelope[S], flags: int = 0, timeout: int | None = None
    ) -> None:
        """Send a message with its topic, route and attachments; otherwise as `send`.

        `envelope.reply(message)` of a received one makes the answer to it.

        Raises:
            ValueError: a ROUTER without a route, or another number of attachments than the wire
                form has.
        """
        self._send_multipart(self.framing.pack(envelope), whole(flags), timeout)

    def send_many(
        self,
        messages: Iterable[S],
        flags: int = 0,
        *,
        topic: bytes | None = None,
        timeout: int | None = None,
    ) -> int:
        """Send many messages, under one topic if the wire form has one; return how many.

        Bare messages are sent in batches of 1024, many times as fast as one by one. Otherwise as
        `Socket.send_many`.
        """
        whole(flags)
        if self._plain is not None and topic is None:
            return self.socket.send_many(self._typed.payloads(messages), flags, timeout)
        sent = 0
        for message in messages:
            try:
                self.send(message, flags, timeout, topic)
            except Again:
                if not sent:
                    raise
                break
            sent += 1
        return sent

    # Receiving

    def recv(self, flags: int = 0, timeout: int | None = None) -> R:
        """Receive a message, without what came with it; waits and raises as `Socket.recv`.

        Raises:
            DecodeError: the message cannot be decoded; see errors. It was taken from the socket,
                and the next call gets the next message.
        """
        # What Typed.decode does, without the time of another call.
        if (receive_single := self._receive_single) is not None:
            got = payload = receive_single(flags, timeout)  # a list of frames does not parse
            parse = self._parse
        elif not self._fast:
            return self._until(partial(self._receive, self._typed.decode), flags, timeout)
        else:
            fetch = self._fetch
            got = fetch(flags, timeout)
            try:
                name, payload = got
            except ValueError:  # another number of frames
                return self._refuse(got)
            parse = self._parsers.get(name, self._parse)
        if len(payload) <= self._limit:
            try:
                return parse(payload)
            except Exception:
                self._refuse(got)
                raise  # nothing is wrong with it: a signal handler raised this
        return self._refuse(got)

    def recv_envelope(self, flags: int = 0, timeout: int | None = None) -> Received[R]:
        """Receive a message with its topic, route and attachments; otherwise as `recv`.

        Attachments are views, not copies.
        """
        return self._until(self._receive_known, flags, timeout)

    def recv_many(self, limit: int = BATCH, flags: int = 0, timeout: int | None = None) -> list[R]:
        """Receive the messages that are there: 1 to `limit`, as `Socket.recv_many`.

        Waits for the first as `recv` does and never for more.

        Raises:
            BatchError: some of them cannot be decoded; it has the others, too.
            DecodeError: the only one that is there cannot be decoded.
        """
        return self._until(partial(self._receive_many, limit), flags, timeout)

    def __iter__(self) -> Iterator[R]:
        """Yield messages as `recv` does, until the context is shut down or terminated.

        After a DecodeError a new iteration goes on with the next message; with `on_error` none is
        raised.
        """
        with contextlib.suppress(ContextTerminated):
            while True:
                yield self.recv()

    def subscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Receive messages of exactly this type, too (SUB).

        The wire form has to be Tagged, without a topic.
        """
        super().subscribe_type(kind)
        self._fast = False  # from now on messages are compared with the subscriptions

    def wait_subscribers(
        self, count: int, timeout: int | None = None, topic: bytes = b""
    ) -> list[list[bytes]]:
        """Wait until an XPUB has so many subscriptions; see zmqlite.Socket.wait_subscribers."""
        return self.socket.wait_subscribers(count, timeout, topic)

    def poll(self, timeout: int | None = None, events: int = Event.POLLIN) -> Event:
        """Wait until the socket can receive or send; see zmqlite.Socket.poll."""
        return self.socket.poll(timeout, events)

    def _until(
        self, attempt: Callable[[int, int | None], T | None], flags: int, timeout: int | None
    ) -> T:
        """Call `attempt(flags, timeout)` until a message is not skipped, within the time.

        Messages are skipped that `on_error` was called with, and types without a subscription.
        """
        start = time.monotonic()
        skips = 0
        left = timeout
        while (got := attempt(flags, left)) is None:
            skips += 1
            if flags & DONTWAIT:
                if skips == SKIPS:
                    raise failure(errno.EAGAIN, "zmq_recv", self.type.name)
                continue
            wait = self.rcvtimeo if timeout is None else milliseconds(timeout)
            if wait > 0:
                left = wait - int((time.monotonic() - start) * 1000)
                if left <= 0:
                    raise timed_out(wait, "zmq_recv", self.type.name)
        return got

    def _receive(
        self, decode: Callable[[Frames], T | None], flags: int, timeout: int | None
    ) -> T | None:
        """Receive one message and decode it; None if it is to be skipped."""
        return self._decoded(decode, self._fetch(flags, timeout))

    def _receive_envelope(self, flags: int) -> Received[R] | None:
        """Receive one message for a Dispatcher, which gets the errors if there is no `on_error`."""
        if self._on_error is not None:
            return self._receive_known(flags, None)
        frames = self._fetch_known(flags, None)
        try:
            return self._decode_envelope(frames)
        except DecodeError:
            del frames[KEPT:]
            raise

    def _receive_known(self, flags: int, timeout: int | None) -> Received[R] | None:
        """Receive one envelope; None if it is to be skipped."""
        return self._decoded(self._decode_envelope, self._fetch_known(flags, timeout))

    def _fetch_known(self, flags: int, timeout: int | None) -> list[Any]:
        """Receive frames of which the first one tells who has sent it, where that is known."""
        if self._typed.copied and self.socket._checked:
            return _receive_views(self.socket, 1, flags, timeout)
        return self._fetch(flags, timeout)

    def _decoded(self, decode: Callable[[Frames], T | None], frames: list[Any]) -> T | None:
        try:
            return decode(frames)
        except DecodeError as error:
            del frames[KEPT:]  # which the traceback of the error would keep
            self._handle(error)
        return None

    def _refuse(self, received: bytes | list[Any]) -> R:
        """Raise the DecodeError of what could not be parsed at once, if there is one."""
        frames = [received] if isinstance(received, bytes) else received
        got = self._decoded(self._typed.decode, frames)
        assert got is not None  # nothing is skipped here
        return got

    def _receive_many(self, limit: int, flags: int, timeout: int | None) -> list[R] | None:
        """Receive a batch and decode it; None if all of it is to be skipped."""
        typed = self._typed
        if not typed.single:
            messages, errors = typed.decode_many(self._fetch_many(limit, flags, timeout))
        else:
            try:
                payloads = self.socket.recv_many(limit, flags, timeout)
            except ZMQError as error:
                if error.errno != errno.EPROTO:  # the next message has several frames
                    raise
                messages, errors = typed.decode_many([self._fetch(flags, timeout)])
            else:
                messages, errors = typed.decode_payloads(payloads)
        if errors:
            alone = len(errors) == 1 and not messages
            self._handle(errors[0] if alone else BatchError(messages, errors))
        return messages or None

    def _fetch_many(self, limit: int, flags: int, timeout: int | None) -> list[list[Any]]:
        """Receive the frames of each message that is there, after waiting for the first."""
        batch = [self._fetch(flags, timeout)]
        size = weight(batch[0])
        with contextlib.suppress(Again, StateError):  # a REP has received the only one
            for _ in range(limit - 1):
                if size >= BATCH_BYTES:
                    break
                batch.append(self._fetch(DONTWAIT, None))
                size += weight(batch[-1])
        return batch

    def _handle(self, error: DecodeError) -> None:
        """Pass an error to `on_error` or raise it, and answer the client of a REP."""
        try:
            self._failed(error)
        finally:
            if self._answers:
                self._answer(error)

    def _answer(self, error: Exception) -> None:
        """Send an error reply, unless a reply has been sent."""
        with contextlib.suppress(StateError):
            self._send_multipart(error_reply(error), DONTWAIT)

    # Life

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _receive_views(socket: Socket, limit: int, flags: int, timeout: int | None) -> list[Any]:
    return views(socket.recv_parts(limit, flags, timeout))
