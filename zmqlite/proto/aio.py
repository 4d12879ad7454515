"""Typed sockets for asyncio: sends and receives are awaited, the rest is as with the blocking ones.

    from zmqlite import aio
    from zmqlite.proto.aio import TypedSocket

    feed = TypedSocket(context.socket(zmq.SUB), DataMessage)    # context is an aio.Context
    feed.subscribe()
    async for message in feed: ...

The awaited socket does the waiting. A message is encoded before it is sent, and decoded after it
was received with nothing awaited in between. So a call that is cancelled while it waits has taken
nothing and sent nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Self, TypeVar, overload

from google.protobuf.message import Message as ProtobufMessage

from ..aio.batches import partly_sent
from ..aio.socket import Socket
from ..constants import Event
from ..errors import ContextTerminated, StateError, ZMQError, failure
from ..transfer import PARTS, WHOLE
from .codec import Codec
from .envelope import Envelope, Received, error_reply
from .errors import KEPT, BatchError, DecodeError
from .typed import BATCH, BATCH_BYTES, SKIPS, Frames, weight
from .wrapper import DONTWAIT, OnError, Wrapper, views, whole

T = TypeVar("T")
S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)


class TypedSocket(Wrapper[S, R]):
    """A zmqlite.aio.Socket that sends messages of type S and receives messages of type R.

    The arguments, the options and the endpoints are those of zmqlite.proto.TypedSocket; the rest
    is in `socket`. Any number of tasks may wait in it, and waits are limited with asyncio.timeout.

    `on_error` is called, in the task that receives, with the DecodeError of every message that
    cannot be decoded, and the receive goes on; without it, and on a REQ, the receive raises the
    error. A REP answers such a message with an error reply by itself.
    """

    __slots__ = ("_attempt", "_fetch")

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
                f"a zmqlite.aio.Socket is wanted, not {type(socket).__name__}; for a blocking one "
                "there is zmqlite.proto.TypedSocket"
            )
        super().__init__(socket, outgoing, incoming, route, on_error)
        self._fetch: Callable[[int], Coroutine[Any, Any, list[Any]]]
        self._attempt: Callable[[], list[Any] | None]
        if self._typed.copied:
            self._fetch = socket.recv_multipart
            self._attempt = partial(socket._attempt_now, WHOLE)
        else:
            limit = self.framing.most + 1
            self._fetch = partial(_receive_views, socket, limit)
            self._attempt = partial(_attempt_views, socket, limit)

    # Receiving

    async def recv(self, flags: int = 0) -> R:
        """Receive a message, without what came with it; waits and raises as `Socket.recv`.

        Raises:
            DecodeError: the message cannot be decoded; see errors. It was taken from the socket,
                and the next call gets the next message.
        """
        return await self._until(partial(self._receive, self._typed.decode), flags)

    async def recv_envelope(self, flags: int = 0) -> Received[R]:
        """Receive a message with its topic, route and attachments; otherwise as `recv`.

        Attachments are views, not copies.
        """
        return await self._until(self._receive_known, flags)

    async def recv_many(self, limit: int = BATCH, flags: int = 0) -> list[R]:
        """Receive the messages that are there: 1 to `limit`, as `Socket.recv_many`.

        Waits for the first as `recv` does and never for more.

        Raises:
            BatchError: some of them cannot be decoded; it has the others, too.
            DecodeError: the only one that is there cannot be decoded.
        """
        return await self._until(partial(self._receive_many, limit), flags)

    def __aiter__(self) -> Self:
        """Yield messages as `recv` does, until the context is shut down or terminated.

        After a DecodeError a new iteration goes on with the next message; with `on_error` none is
        raised.
        """
        return self

    async def __anext__(self) -> R:
        try:
            return await self.recv()
        except ContextTerminated:
            raise StopAsyncIteration from None

    async def _until(self, attempt: Callable[[int], Awaitable[T | None]], flags: int) -> T:
        """Await `attempt(flags)` until a message is not skipped; other tasks run in between."""
        skips = 0
        while (got := await attempt(flags)) is None:
            skips += 1
            if flags and skips == SKIPS:
                raise failure(errno.EAGAIN, "zmq_recv", self.type.name)
        return got

    async def _receive(self, decode: Callable[[Frames], T | None], flags: int) -> T | None:
        """Receive one message and decode it; None if it is to be skipped."""
        return await self._decoded(decode, await self._fetch(flags))

    async def _receive_known(self, flags: int) -> Received[R] | None:
        """Receive one envelope, with who has sent it; None if it is to be skipped."""
        if self._typed.copied and self.socket._checked:
            frames = await _receive_views(self.socket, 1, flags)
        else:
            frames = await self._fetch(flags)
        return await self._decoded(self._decode_envelope, frames)

    async def _decoded(self, decode: Callable[[Frames], T | None], frames: list[Any]) -> T | None:
        try:
            return decode(frames)
        except DecodeError as error:
            del frames[KEPT:]  # which the traceback of the error would keep
            await self._handle(error)
        return None

    async def _receive_many(self, limit: int, flags: int) -> list[R] | None:
        """Receive a batch and decode it; None if all of it is to be skipped."""
        typed = self._typed
        if not typed.single:
            messages, errors = typed.decode_many(await self._fetch_many(limit, flags))
        else:
            try:
                payloads = await self.socket.recv_many(limit, flags)
            except ZMQError as error:
                if error.errno != errno.EPROTO:  # the next message has several frames
                    raise
                messages, errors = typed.decode_many([await self._fetch(flags)])
            else:
                messages, errors = typed.decode_payloads(payloads)
        if errors:
            alone = len(errors) == 1 and not messages
            await self._handle(errors[0] if alone else BatchError(messages, errors))
        return messages or None

    async def _fetch_many(self, limit: int, flags: int) -> list[list[Any]]:
        """Receive the frames of each message that is there, after waiting for the first."""
        batch = [await self._fetch(flags)]
        size = weight(batch[0])
        with contextlib.suppress(StateError):  # a REP has received the only one
            for _ in range(limit - 1):
                if size >= BATCH_BYTES:
                    break
                # Not awaited: if this was cancelled, the batch would be lost.
                if (frames := self._attempt()) is None:
                    break
                batch.append(frames)
                size += weight(frames)
        return batch

    async def _handle(self, error: DecodeError) -> None:
        """Pass an error to `on_error` or raise it, and answer the client of a REP."""
        try:
            self._failed(error)
        finally:
            if self._answers:
                await self._answer(error)

    async def _answer(self, error: Exception) -> None:
        """Send an error reply, unless a reply has been sent; also if this task is cancelled."""
        reply = self.socket.send_multipart(error_reply(error), DONTWAIT)
        with contextlib.suppress(StateError):
            await asyncio.shield(asyncio.ensure_future(reply))

    # Sending

    async def send(self, message: S, flags: int = 0, *, topic: bytes | None = None) -> None:
        """Send a message, behind its topic if the wire form has one.

        Waits and raises as `Socket.send`. The message is sent as it is at the time of the call.
        Whatever is wrong with it is found before anything is sent.

        Raises:
            EncodeError: a required field is missing, or the message is over the limit.
            TypeError: a message of another class, or a topic is missing or not wanted.
        """
        frames = self._typed.encode(message, topic)
        if len(frames) == 1:  # send() is faster
            await self.socket.send(frames[0], whole(flags))
        else:
            await self.socket.send_multipart(frames, whole(flags))

    async def send_envelope(self, envelope: Envelope[S], flags: int = 0) -> None:
        """Send a message with its topic, route and attachments; otherwise as `send`.

        `envelope.reply(message)` of a received one makes the answer to it.

        Raises:
            ValueError: a ROUTER without a route, or another number of attachments than the wire
                form has.
        """
        await self.socket.send_multipart(self.framing.pack(envelope), whole(flags))

    async def send_many(
        self, messages: Iterable[S], flags: int = 0, *, topic: bytes | None = None
    ) -> int:
        """Send many messages, under one topic if the wire form has one; return how many.

        That is less than all only if DONTWAIT ended it. Bare messages are sent in batches of 1024.
        If this is cancelled, or fails, the first few may have been sent: `zmqlite.aio.sent(error)`
        is how many.

        Raises:
            Again: DONTWAIT was given, and not even the first could be sent.
        """
        whole(flags)
        if self._typed.plain is not None and topic is None:
            return await self.socket.send_many(self._typed.payloads(messages), flags)
        count = 0
        try:
            for message in messages:
                await self.send(message, flags, topic=topic)
                count += 1
        except BaseException as error:
            return partly_sent(error, count, flags)
        return count

    # Life

    async def wait_subscribers(self, count: int, topic: bytes = b"") -> list[list[bytes]]:
        """Wait until an XPUB has so many subscriptions; see zmqlite.Socket.wait_subscribers."""
        return await self.socket.wait_subscribers(count, topic)

    async def poll(self, events: int = Event.POLLIN) -> Event:
        """Wait until the socket can receive or send; see zmqlite.aio.Socket.poll."""
        return await self.socket.poll(events)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


async def _receive_views(socket: Socket, limit: int, flags: int) -> list[Any]:
    return views(await socket.recv_parts(limit, flags))


def _attempt_views(socket: Socket, limit: int) -> list[Any] | None:
    parts = socket._attempt_now(PARTS, limit)
    return None if parts is None else views(parts)
