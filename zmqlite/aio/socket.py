"""Sockets for asyncio: each has a blocking Socket, makes attempts with it and waits in a Watch.

This module is long because every method of a blocking socket has its counterpart here, documented.
"""

from __future__ import annotations

import contextlib
import errno
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from ..arguments import INT_MAX, check_flags, integer
from ..constants import Event, MonitorEvent
from ..errors import Again, ContextTerminated, SocketClosed, failure
from ..message import Message
from ..monitor import SocketEvent, decode
from ..option import Option
from ..socket import QUEUE
from ..socket import Monitor as BlockingMonitor
from ..socket import Socket as BlockingSocket
from ..socket_options import SocketOptions, socket_option
from ..transfer import BATCH, DONTWAIT, MANY, MESSAGE, PARTS, WHOLE
from ..waiting import EVENTS, poll_events
from ..watching import PEERS
from .batches import partly_sent
from .readiness import BOTH, IN, OUT, Shared, Watch

if TYPE_CHECKING:
    from typing_extensions import Buffer
    from typing_extensions import TypeVar as TypeVarWithDefault

    from ..peers import Statistics

    C = TypeVarWithDefault("C", default=Any)
else:
    C = TypeVar("C")

Got = TypeVar("Got")
Given = TypeVar("Given")
T = TypeVar("T")


class Socket(SocketOptions, Generic[C]):
    """A message socket of one type for asyncio, made by `zmqlite.aio.Context.socket`.

    What may have to wait is awaited; all else is as with zmqlite.Socket, options included. A call
    that is cancelled while it waits has taken nothing and sent nothing, and one that returns has.
    So waits are limited with asyncio.timeout; there are no timeouts here.

    It belongs to the event loop that it is first used in, and raises RuntimeError in another one.
    Any number of tasks may wait in it; they are served in the order in which they came.

    C: zmq_socket(3)
    """

    __slots__ = (
        "__weakref__",
        "_attempt",
        "_attempt_send",
        "_blocking",
        "_watch",
        "context",
    )

    def __init__(self, context: C, socket: BlockingSocket, shared: Shared) -> None:
        self.context: C = context
        self._blocking = socket
        self._watch = Watch(socket, shared)
        self._attempt = socket._attempt
        self._attempt_send = socket._attempt_send

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a Socket can be neither copied nor pickled: give each process its own")

    # Receiving

    async def recv(self, flags: int = 0) -> bytes:
        """Receive one frame as bytes that the caller owns.

        `rcvmore` tells whether more frames of the same message follow; `recv_multipart` takes
        them all.

        Raises:
            Again: DONTWAIT was given, and nothing is there.
            SocketClosed, ContextTerminated: also if that happened while it waited.
            StateError, NotSupported, ForkedProcess: as with zmqlite.Socket.

        C: zmq_recv(3), zmq_msg_recv(3)
        """
        watch = self._watch
        if (  # Watch.free, without the call, since most messages end here
            watch.idle
            and not flags
            and get_running_loop() is watch.loop
            and monotonic() < watch.slice.end
        ):
            data: bytes | None = self._attempt()
            if data is not None:
                return data
        return await self._receive(self._attempt, flags)

    async def recv_multipart(self, flags: int = 0) -> list[bytes]:
        """Receive one whole message as its frames, in the order they were sent.

        The list has at least one frame; a frame may be empty. Raises as `recv` does.

        C: zmq_msg_recv(3), ZMQ_RCVMORE in zmq_getsockopt(3)
        """
        if not flags and self._watch.free():
            frames: list[bytes] | None = self._attempt(WHOLE)
            if frames is not None:
                return frames
        return await self._receive(partial(self._attempt, WHOLE), flags)

    async def recv_string(self, flags: int = 0, *, encoding: str = "utf-8") -> str:
        """Receive one frame as text. UnicodeDecodeError carries the bytes, as its `object`."""
        return (await self.recv(flags)).decode(encoding)

    async def recv_into(self, buffer: Buffer, flags: int = 0) -> int:
        """Receive one frame into writable memory; return its size. Raises as `recv` does.

        Raises:
            ZMQError: EMSGSIZE, the frame does not fit; the next receive gets it, whole.
        """
        return await self._receive(attempt(self._blocking.recv_into, buffer, DONTWAIT), flags)

    async def recv_message(self, flags: int = 0) -> Message:
        """Receive one frame without a copy, with what is known about its sender.

        `Message.more` tells whether more frames follow. Raises as `recv` does.

        C: zmq_msg_recv(3), zmq_msg_gets(3)
        """
        return await self._receive(partial(self._attempt, MESSAGE), flags)

    async def recv_many(self, limit: int = BATCH, flags: int = 0) -> list[bytes]:
        """Receive what is there of messages of one frame, as zmqlite.Socket.recv_many does.

        Waits for the first as `recv` does and never for more.

        Raises:
            ZMQError: EPROTO, the next message has several frames; `recv_multipart` takes it.
        """
        limit = integer(limit, "limit", 1, INT_MAX)
        return await self._receive(partial(self._attempt, MANY, limit), flags)

    async def recv_parts(self, limit: int, flags: int = 0) -> list[Message | bytes]:
        """Receive one whole message: its first `limit` frames as Message, the rest as bytes.

        See zmqlite.Socket.recv_parts.
        """
        limit = integer(limit, "limit", 1, INT_MAX)
        return await self._receive(partial(self._attempt, PARTS, limit), flags)

    def __aiter__(self) -> Self:
        """Yield frames as `recv` does, until the context is shut down or terminated."""
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self.recv()
        except ContextTerminated:
            raise StopAsyncIteration from None

    async def iter_multipart(self) -> AsyncIterator[list[bytes]]:
        """Yield whole messages as `recv_multipart` does; otherwise as iterating over the socket."""
        with contextlib.suppress(ContextTerminated):
            while True:
                yield await self.recv_multipart()

    # Sending

    async def send(self, data: Buffer | Message, flags: int = 0) -> None:
        """Send one frame as a whole message.

        Returns when libzmq has queued it, which is not yet delivered. Until then the data must not
        change. What happens while no peer has room (wait or drop) depends on the socket type.
        Cancelled while it waits, it has sent nothing.

        Raises:
            Again: DONTWAIT was given, and nobody has room; nothing was sent.
            SocketClosed, ContextTerminated: also if that happened while it waited.
            StateError, HostUnreachable, NotSupported, ForkedProcess: as with zmqlite.Socket.

        C: zmq_send(3), zmq_msg_send(3)
        """
        watch = self._watch
        if (
            watch.idle
            and not flags
            and get_running_loop() is watch.loop
            and monotonic() < watch.slice.end
            and self._attempt_send(data)
        ):
            return
        await self._send(lambda: self._attempt_send(data) or None, flags)

    async def send_multipart(self, frames: Sequence[Buffer | Message], flags: int = 0) -> None:
        """Send one message of several frames: all of it or, if this raises, nothing of it.

        Waits and raises as `send` does; a frame that is no buffer, or no frame at all, is refused
        before the first one is sent.

        C: zmq_msg_send(3)
        """
        if isinstance(frames, Iterator):
            frames = tuple(frames)  # it may be gone through twice
        await self._send(attempt(self._send_frames, frames), flags)

    async def send_string(self, text: str, flags: int = 0, *, encoding: str = "utf-8") -> None:
        """Send a text as one frame; otherwise as `send`."""
        if not isinstance(text, str):
            raise TypeError(f"send_string() takes str, not {type(text).__name__}; see send()")
        await self.send(text.encode(encoding), flags)

    async def send_many(self, messages: Iterable[Buffer], flags: int = 0) -> int:
        """Send many messages of one frame each, in few calls into C; return how many.

        That is less than all only where DONTWAIT ended it. They are copied; long ones are better
        sent one by one. If this is cancelled, or fails, the first few may have been sent:
        `sent(error)` is how many.

        Raises:
            Again: DONTWAIT was given, and not even the first could be sent.
        """
        left, total = iter(messages), 0
        try:
            batch: list[Buffer] = []
            while True:
                if not (batch := batch or list(islice(left, BATCH))):
                    break
                send = attempt(self._blocking.send_many, batch, DONTWAIT)
                total += (count := await self._send(send, flags))
                if count < len(batch) and flags:
                    return total
                batch = batch[count:]
        except BaseException as error:
            return partly_sent(error, total, flags)
        return total

    def _send_frames(self, frames: Sequence[Buffer | Message]) -> bool:
        self._blocking.send_multipart(frames, DONTWAIT)
        return True

    async def _receive(self, attempt: Callable[[], T | None], flags: int) -> T:
        return await self._do("zmq_recv", IN, attempt, flags)

    async def _send(self, attempt: Callable[[], T | None], flags: int) -> T:
        return await self._do("zmq_send", OUT, attempt, flags)

    async def _do(self, call: str, wanted: int, attempt: Callable[[], T | None], flags: int) -> T:
        if not flags:
            return await self._watch.until(wanted, attempt)
        check_flags(flags, DONTWAIT)
        got = await self._watch.at_once(attempt)
        if got is None:
            raise failure(errno.EAGAIN, call, self.type.name)
        return got

    def _attempt_now(self, *what: int) -> Any:
        """Receive without letting other tasks run; None if nothing is there. For zmqlite.proto."""
        try:
            return self._attempt(*what)
        finally:
            self._watch.look()

    def _read(self, reader: Callable[[], object]) -> None:
        """Call `reader` when `_attempt` may find a message, or raises. For zmqlite.rpc."""
        self._watch.read(reader)

    # Waiting and watching

    async def poll(self, events: int = Event.POLLIN) -> Event:
        """Wait until the socket can receive (POLLIN) or send (POLLOUT); return which.

        Another task may be faster, so that a receive after it waits all the same.

        C: zmq_poll(3)
        """
        wanted = poll_events(events) & BOTH
        if not wanted:
            raise ValueError("a socket is polled for POLLIN or POLLOUT")
        return EVENTS[await self._watch.until(wanted, lambda: self._polled() & wanted or None)]

    def _polled(self) -> int:
        code = self._blocking._ready()
        if code < 0:
            raise failure(-code, "zmq_poll", self.type.name)
        return code

    def monitor(self, events: int = MonitorEvent.ALL, *, queue: int = QUEUE) -> Monitor:
        """Report the connections of this socket from now on; see zmqlite.Socket.monitor.

        C: zmq_socket_monitor(3)
        """
        monitor = self._blocking.monitor(events, queue=queue)
        return Monitor(self.context, monitor, self._watch.shared)

    def statistics(self) -> Statistics:
        """Return what is known of the peers of this socket; the first call starts to count."""
        return self._blocking.statistics()

    async def wait_peers(self, count: int) -> None:
        """Wait until so many peers are connected; see zmqlite.Socket.wait_peers.

        The first call has to come before `bind` and `connect`; with a `count` of 0 it never waits.
        """
        _, record = self._blocking._counted(count)
        async with self.monitor(PEERS, queue=2) as monitor:
            while True:
                if self._blocking._peers(record) >= count:
                    break
                await monitor.recv()
        self._blocking._ready()

    async def wait_subscribers(self, count: int, topic: bytes = b"") -> list[list[bytes]]:
        """Wait until an XPUB has so many subscriptions; see zmqlite.Socket.wait_subscribers."""
        known = self._call(self._blocking._count_subscribers, count)
        while known.count(topic) < count:
            known.take(await self.recv_multipart())
        return known.received()

    # Options

    def get(self, option: Option[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Socket.linger`, or a number of zmq.h.

        C: zmq_getsockopt(3)
        """
        refuse_timeouts(option, "r")
        try:
            return self._blocking.get(option)
        finally:
            self._watch.look_soon()

    def set(self, option: Option[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Socket.linger`, or a number of zmq.h.

        Raises:
            TypeError, ValueError: not a value of this option, or one of the timeouts, which
                asyncio.timeout takes the place of; nothing was changed.
            ZMQError: libzmq refuses it.

        C: zmq_setsockopt(3)
        """
        refuse_timeouts(option, "w")
        self._call(self._blocking.set, option, value)

    def subscribe(self, topic: Buffer | str) -> None:
        """Receive the messages that begin with a topic, too; see zmqlite.Socket.subscribe."""
        self._call(self._blocking.subscribe, topic)

    def unsubscribe(self, topic: Buffer | str) -> None:
        """Take one subscription back; one that was not made is no error."""
        self._call(self._blocking.unsubscribe, topic)

    # Endpoints

    def bind(self, endpoint: str) -> str:
        """Accept peers at an endpoint; return the real one. See zmqlite.Socket.bind.

        C: zmq_bind(3)
        """
        return self._call(self._blocking.bind, endpoint)

    def connect(self, endpoint: str) -> None:
        """Start connecting to an endpoint; see zmqlite.Socket.connect. This never waits.

        C: zmq_connect(3)
        """
        self._call(self._blocking.connect, endpoint)

    def unbind(self, endpoint: str) -> None:
        """Stop accepting peers at an endpoint, as given to `bind` or as returned by it.

        C: zmq_unbind(3)
        """
        self._call(self._blocking.unbind, endpoint)

    def disconnect(self, endpoint: str) -> None:
        """End the connection to an endpoint, named exactly as it was to `connect`.

        C: zmq_disconnect(3)
        """
        self._call(self._blocking.disconnect, endpoint)

    @property
    def _checked(self) -> bool:
        """Whether a ZAP handler checks all peers. For zmqlite.proto."""
        return self._blocking._checked

    def _call(self, call: Callable[..., T], *args: Any) -> T:
        """Call what may take the edge from those who wait."""
        try:
            return call(*args)
        finally:
            self._watch.look_soon()

    # Life

    @property
    def closed(self) -> bool:
        """Whether the socket was closed, by itself or by its context."""
        return self._blocking.closed

    def close(self, linger: int | None = None) -> None:
        """Close the socket; tasks that wait in it get SocketClosed. See zmqlite.Socket.close.

        Returns at once: libzmq goes on sending for the time of `linger`.

        C: zmq_close(3)
        """
        self._blocking.close(linger)
        self._watch.end()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_watch"):
            self._watch.end()

    def __repr__(self) -> str:
        return repr(self._blocking).replace("zmqlite.Socket", "zmqlite.aio.Socket")


class Monitor:
    """Events in order, made by the `monitor` of zmqlite.aio.Socket and zmqlite.aio.Context.

    `socket` is the socket that receives the events. The monitored socket may be closed first: then
    the iteration ends. A monitor of a context goes on.
    """

    __slots__ = ("__weakref__", "_blocking", "_stopped", "socket")

    def __init__(self, context: Any, monitor: BlockingMonitor, shared: Shared) -> None:
        self._blocking: BlockingMonitor = monitor
        self.socket: Socket = Socket(context, monitor.socket, shared)
        self._stopped = False

    @property
    def dropped(self) -> int:
        """How many events were dropped because nobody read those before them."""
        return self._blocking.dropped

    async def recv(self) -> SocketEvent:
        """Wait for the next event.

        Raises:
            SocketClosed: the monitor was closed.
            ContextTerminated: the context was terminated while waiting.
        """
        return decode(await self.socket.recv_multipart())

    def __aiter__(self) -> Self:
        """Yield events until the monitored socket, the monitor or the context is closed."""
        return self

    async def __anext__(self) -> SocketEvent:
        if self._stopped:
            raise StopAsyncIteration
        try:
            event = await self.recv()
        except (ContextTerminated, SocketClosed):
            raise StopAsyncIteration from None
        if event.event == MonitorEvent.MONITOR_STOPPED and not self._blocking.many:
            self._stopped = True
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """Stop monitoring and drop the events that were not read; nothing if closed already."""
        self.socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


def attempt(call: Callable[..., T], *args: Any) -> Callable[[], T | None]:
    """Return the call as one that gives None where it would raise Again."""

    def attempt() -> T | None:
        try:
            return call(*args)
        except Again:
            return None

    return attempt


def refuse_timeouts(option: Option[Any, Any] | int, access: str) -> None:
    """Refuse rcvtimeo and sndtimeo, which do not act on awaits."""
    row = socket_option(option, access)
    if row in (SocketOptions.rcvtimeo, SocketOptions.sndtimeo):
        raise ValueError(
            f"{row.name} does nothing for asyncio: async with asyncio.timeout(seconds)"
        )
