"""Typed sockets for asyncio: what waits is awaited, all else is as with the blocking ones.

    from zmqlite import aio
    from zmqlite.proto.aio import TypedSocket

    feed = TypedSocket(context.socket(zmq.SUB), DataMessage)    # context is an aio.Context
    feed.subscribe()
    async for message in feed: ...

What is sent and received is what zmqlite.proto.TypedSocket sends and receives: one of these, on the
blocking socket behind the awaited one, encodes and decodes, skips and complains. Only waiting is
done here, by the awaited socket. A message is encoded before that, and decoded after it with
nothing awaited in between; so whoever is cancelled has taken nothing and sent nothing.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Generic, Self, TypeVar, overload

from google.protobuf.message import Message as ProtobufMessage

from ..aio.batches import partly_sent
from ..aio.socket import Socket, attempt
from ..constants import Flag
from ..errors import ContextTerminated, failure
from .codec import Codec
from .envelope import Envelope, Framing, Received
from .errors import DecodeError
from .receiving import BATCH, SKIPS
from .sending import whole
from .socket import TypedSocket as BlockingTypedSocket

F = TypeVar("F")
T = TypeVar("T")
S = TypeVar("S", bound=ProtobufMessage)
R = TypeVar("R", bound=ProtobufMessage)

_DONTWAIT: Final = int(Flag.DONTWAIT)


class TypedSocket(Generic[S, R]):
    """A zmqlite.aio.Socket that sends messages of type S and receives messages of type R.

    The arguments are those of zmqlite.proto.TypedSocket. The socket stays in use for all else, as
    `socket`: connect, bind, options, poll, close. As there, any number of tasks may wait in it, a
    call that is cancelled while it waits has taken nothing and sent nothing, and waits are limited
    with asyncio.timeout.

    `on_error` is called, in the task that receives, with the DecodeError of every message that
    cannot be decoded, and receiving goes on; without it, the call that received such a message
    raises.
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
    def __init__(self, socket: Socket, *codecs: Any, **options: Any) -> None:
        if not isinstance(socket, Socket):
            raise TypeError(
                f"a zmqlite.aio.Socket is wanted, not {type(socket).__name__}; for a blocking one "
                "there is zmqlite.proto.TypedSocket"
            )
        self.socket = socket
        self._typed: BlockingTypedSocket[S, R] = BlockingTypedSocket(
            socket._blocking, *codecs, **options
        )

    @property
    def framing(self) -> Framing[S, R]:
        """How messages become frames, and frames messages."""
        return self._typed.framing

    # Receiving

    async def recv(self, flags: int = 0) -> R:
        """Receive a message, without what came with it; waits and raises as `Socket.recv`.

        Raises:
            DecodeError: it is not what was expected; see errors. It was taken all the same, and
                the next call gets the next message.
        """
        return await self._until(self._typed._fetch, self._typed._decode_message, flags)

    async def recv_envelope(self, flags: int = 0) -> Received[R]:
        """Receive a message with its topic, route and attachments; otherwise as `recv`.

        Attachments are views, not copies.
        """
        return await self._until(self._typed._fetch, self._typed._decode_envelope, flags)

    async def recv_many(self, limit: int = BATCH, flags: int = 0) -> list[R]:
        """Receive the messages that are there: 1 to `limit`, as `Socket.recv_many`.

        Waits for the first as `recv` does and never for more.

        Raises:
            BatchError: some of them cannot be decoded; it has the others, too.
            DecodeError: the only one that is there cannot be decoded.
        """
        fetch = partial(self._typed._fetch_many, limit)
        return await self._until(fetch, self._typed._decode_many, flags)

    def __aiter__(self) -> Self:
        """Yield messages as `recv` does, until the context is shut down or terminated.

        After a DecodeError a new iteration goes on with the next message; with `on_error` there
        is none.
        """
        return self

    async def __anext__(self) -> R:
        try:
            return await self.recv()
        except ContextTerminated:
            raise StopAsyncIteration from None

    async def _until(
        self, fetch: Callable[[int, int | None], F], decode: Callable[[F], T | None], flags: int
    ) -> T:
        """Receive until something is not skipped; other tasks get their turn in between."""
        take = attempt(fetch, _DONTWAIT, None)
        skips = 0
        while (got := decode(await self.socket._receive(take, flags))) is None:
            skips += 1
            if flags and skips == SKIPS:
                raise failure(errno.EAGAIN, "zmq_recv", self.socket.type.name)
        return got

    # Sending

    async def send(self, message: S, flags: int = 0, *, topic: bytes | None = None) -> None:
        """Send a message, behind its topic if the wire form has one.

        Waits and raises as `Socket.send`. What is sent is the message as it is at the time of the
        call. Whatever is wrong with it is found before anything is sent.

        Raises:
            EncodeError: a required field is missing, or the message is over the limit.
            TypeError: a message of another class, or a topic is missing or not wanted.
        """
        await self.socket.send_multipart(self._typed._encode(message, topic), whole(flags))

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

        That is less than all only where DONTWAIT ended it. Bare messages cross into C 1024 at a
        time. If this is cancelled, or fails, the first few may have been sent:
        `zmqlite.aio.sent(error)` is how many.

        Raises:
            Again: DONTWAIT was given, and not even the first could be sent.
        """
        whole(flags)
        if self._typed._plain is not None and topic is None:
            return await self.socket.send_many(self._typed._payloads(messages), flags)
        count = 0
        try:
            for message in messages:
                await self.send(message, flags, topic=topic)
                count += 1
        except BaseException as error:
            return partly_sent(error, count, flags)
        return count

    # Subscriptions

    def subscribe(self, topic: bytes = b"") -> None:
        """Receive messages whose topic starts with these bytes, too; all without any (SUB).

        Without a topic in the wire form, what is compared is the name of the type.
        """
        self.socket._call(self._typed.subscribe, topic)

    def unsubscribe(self, topic: bytes = b"") -> None:
        """Take one subscription back; one that was not made is no error."""
        self.socket._call(self._typed.unsubscribe, topic)

    def subscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Receive messages of this type, too, and not those whose names begin with its name (SUB).

        The wire form has to be Tagged, without a topic.
        """
        self.socket._call(self._typed.subscribe_type, kind)

    def unsubscribe_type(self, kind: type[ProtobufMessage]) -> None:
        """Take one subscription of a type back; one that was not made is no error."""
        self.socket._call(self._typed.unsubscribe_type, kind)

    # Life

    def close(self, linger: int | None = None) -> None:
        """Close the socket; see zmqlite.aio.Socket.close."""
        self.socket.close(linger)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return repr(self._typed).replace("zmqlite.Socket", "zmqlite.aio.Socket")
