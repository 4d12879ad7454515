"""Receiving typed messages: what waits, what is skipped, and what goes on.

A message that is skipped, since `on_error` took it or nobody subscribed to its type, takes nothing
from the time of the call: the wait goes on with what is left of it.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from google.protobuf.message import Message as ProtobufMessage

from .._zmq import lib
from ..arguments import milliseconds
from ..constants import Flag
from ..errors import Again, ContextTerminated, ZMQError, failure, timed_out
from ..handle import calls
from ..message import Message
from ..socket import Socket
from .codec import Bare, Frame, Tagged
from .descriptors import needs_check
from .envelope import Framing, Received
from .errors import BatchError, DecodeError
from .subscriptions import Subscriptions

R = TypeVar("R", bound=ProtobufMessage)
F = TypeVar("F")
T = TypeVar("T")

Batch: TypeAlias = Sequence[bytes] | Sequence[Sequence[Frame]]
"""Payloads, or the frames of each message."""

BATCH: Final = 1024
"""Messages that `recv_many` takes at once unless told otherwise."""

BATCH_BYTES: Final = 65536
"""Bytes of messages of several frames after which `recv_many` takes no more."""

SKIPS: Final = 1000
"""Messages that a receive with DONTWAIT skips before it calls that nothing."""

_receive: Final[Callable[[int, int], Any]] = calls["receive"]
_FREE: Final = lib.ZL_FREE
_DONTWAIT: Final = int(Flag.DONTWAIT)


class Receiving(Generic[R]):
    """The receiving half of TypedSocket."""

    socket: Socket
    framing: Framing[Any, R]

    def __init__(self, on_error: Callable[[DecodeError], object] | None) -> None:
        codec = self.framing.incoming
        self._address, self._loan = self.socket._address, self.socket._loan
        self._on_error = on_error
        self._limit, self._decode_frames = codec.limit, codec.decode
        self._copied = codec.attachments == range(1)
        self._unrouted = self._copied and self.framing.route == 0
        self._single = self._unrouted and type(codec) is Bare
        self._what = lib.ZL_SINGLE if self._single else lib.ZL_WHOLE
        # What parses a payload, by the name that comes with it, where nothing else is to be done.
        self._parsers: dict[bytes, Callable[[bytes], R]] = {}
        if self._unrouted and on_error is None and codec.head < 2:
            self._parsers = {
                codec.name_of(kind): kind.FromString
                for kind in codec.types
                if not needs_check(kind)
            }
        self._parse = self._parsers.get(b"")  # where no name comes
        self._short = bool(self._parsers)
        self._subscriptions = Subscriptions()
        self._frames: list[Message] = []  # of a message whose receiving was interrupted

    def recv(self, flags: int = 0, timeout: int | None = None) -> R:
        """Receive a message, without what came with it; waits and raises as `Socket.recv`.

        Raises:
            DecodeError: it is not what was expected; see errors. It was taken all the same, and
                the next call gets the next message.
        """
        if self._short and timeout is None and not flags:
            # Less work than what follows; how it is safe says zmqlite.receiving.
            try:
                got = _receive(self._address, self._what)
                if got is not None:
                    self._loan[0] = _FREE
            except BaseException:
                lib.zl_keep(self.socket._handle)
                raise
            if got is not None:
                try:
                    if self._single:
                        name, payload = b"", got
                    else:
                        name, payload = got
                    parse = self._parse or self._parsers[name]
                except (KeyError, ValueError):  # of another type, or shape
                    return self._decode_taken(got)
                if len(payload) <= self._limit:
                    try:
                        return parse(payload)
                    except Exception:
                        self._decode_taken(got)  # says what is wrong with it
                        raise  # nothing: a signal handler raised this
                return self._decode_taken(got)
        return self._until(self._fetch, self._decode_message, flags, timeout)

    def _decode_taken(self, got: Any) -> R:
        return self._decode_frames((got,) if self._single else got)

    def recv_envelope(self, flags: int = 0, timeout: int | None = None) -> Received[R]:
        """Receive a message with its topic, route and attachments; otherwise as `recv`.

        Attachments are views, not copies.
        """
        return self._until(self._fetch, self._decode_envelope, flags, timeout)

    def recv_many(self, limit: int = BATCH, flags: int = 0, timeout: int | None = None) -> list[R]:
        """Receive the messages that are there: 1 to `limit`, as `Socket.recv_many`.

        Waits for the first as `recv` does and never for more.

        Raises:
            BatchError: some of them cannot be decoded; it has the others, too.
            DecodeError: the only one that is there cannot be decoded.
        """
        return self._until(partial(self._fetch_many, limit), self._decode_many, flags, timeout)

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
        fetch: Callable[[int, int | None], F],
        decode: Callable[[F], T | None],
        flags: int,
        timeout: int | None,
    ) -> T:
        """Receive with `fetch(flags, timeout)` until something is not skipped, within the time."""
        start = time.monotonic()
        skips = 0
        left = timeout
        while (got := decode(fetch(flags, left))) is None:
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

    def _decode_envelope(self, frames: Sequence[Frame]) -> Received[R] | None:
        """Return the envelope in these frames; None if it is to be skipped."""
        return self._decode(self.framing.unpack, frames)

    def _decode_message(self, frames: Sequence[Frame]) -> R | None:
        """Return the message in these frames; None if it is to be skipped."""
        return self._decode(self._unpack_message, frames)

    def _unpack_message(self, frames: Sequence[Frame]) -> R:
        if self._unrouted:
            return self._decode_frames(frames)
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

    def _fetch(self, flags: int, timeout: int | None) -> Sequence[Frame]:
        """Receive the frames of a message, without a copy where there are attachments.

        One by one, then; those of a message whose receiving was interrupted are kept.
        """
        if self._copied:
            return self.socket.recv_multipart(flags, timeout)
        frames = self._frames
        if not frames:
            frames.append(self.socket.recv_message(flags, timeout=timeout))
        while frames[-1].more:
            frames.append(self.socket.recv_message(flags, timeout=timeout))
        self._frames = []
        return [frame.data for frame in frames]

    def _fetch_many(self, limit: int, flags: int, timeout: int | None) -> Batch:
        """Receive many messages: payloads alone in one crossing, all else frame by frame."""
        if self._single:
            try:
                return self.socket.recv_many(limit, flags, timeout=timeout)
            except ZMQError as error:
                if error.errno != errno.EPROTO:
                    raise
            return [self.socket.recv_multipart(flags, timeout)]  # too many frames for a message
        batch = [self._fetch(flags, timeout)]
        size = sum(map(len, batch[0]))
        with contextlib.suppress(Again):
            while len(batch) < limit and size < BATCH_BYTES:
                batch.append(self._fetch(_DONTWAIT, None))
                size += sum(map(len, batch[-1]))
        return batch

    def _decode_many(self, batch: Batch) -> list[R] | None:
        """Return the messages of a batch, parsed in one go if it is payloads alone."""
        if (
            self._parse is not None
            and isinstance(batch[0], bytes)
            and max(map(len, batch)) <= self._limit
        ):
            try:
                return list(map(self._parse, cast("Sequence[bytes]", batch)))
            except Exception:
                self._decode_each(batch)  # says what is wrong
                raise  # nothing: a signal handler raised this
        return self._decode_each(batch)

    def _decode_each(self, batch: Batch) -> list[R] | None:
        messages: list[R] = []
        errors: list[DecodeError] = []
        for each in batch:
            try:
                message = self._decode_message((each,) if isinstance(each, bytes) else each)
            except DecodeError as error:
                errors.append(error)
            else:
                if message is not None:
                    messages.append(message)
        if errors:
            raise errors[0] if len(batch) == 1 else BatchError(messages, errors)
        return messages or None

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
        self._short = False  # each message is compared with what was asked for

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
