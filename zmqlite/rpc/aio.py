"""Servers and clients for asyncio: handlers and calls are coroutines, on one socket each.

    from zmqlite import aio
    from zmqlite.rpc.aio import Client, Server

Messages are received in callbacks of the event loop, which send at once what comes of them: sends
never wait, see OPTIONS in hosting and requests. This is less than what the coroutines of a
zmqlite.aio.Socket do, and so costs less for each message. libzmq's descriptor is edge-triggered,
and a send may take the edge, so an Inbox is asked to `look` after sends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from inspect import isawaitable
from types import CoroutineType
from typing import Any, Final, Self, TypeVar, Unpack

from ..aio.context import Context
from ..aio.readiness import IN
from ..aio.socket import Socket
from ..arguments import milliseconds
from ..errors import ContextTerminated, SocketClosed
from ..transfer import PARTS
from . import wire
from .call import AsyncClosing, Method, clock
from .calling import ClientCall, Link
from .hosting import Host, ServerOptions, Service
from .requests import Caller, CallOptions, Caption, Options, Reader, result
from .serving import Event, Happened, ServerCall
from .status import RpcError, Status

T = TypeVar("T")


AT_ONCE: Final = 64
"""Messages that are received before other callbacks of the event loop run."""


class Inbox:
    """Calls `take(parts, now)` for each message of a socket, and `done` after some of them.

    `ended` is called when the context has ended.
    """

    def __init__(
        self, socket: Socket, take: Callable[..., None], done: Callable[..., None], ended: Any
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket
        self._take, self._done, self._ended = take, done, ended
        self._closed = False
        socket._read(self._drain)
        self._later()

    def look(self) -> None:
        """Take what is there soon; to be called after sends, which may take the edge."""
        if not self._due and self._socket._polled() & IN:
            self._later()

    def close(self, linger: int | None = None) -> None:
        """Close the socket; nothing if it is closed."""
        self._closed = True
        self._socket.close(linger)

    def _drain(self) -> None:
        """Take what is there, or some of it and the rest soon."""
        self._due = False
        attempt, take, now = self._socket._attempt, self._take, clock()
        try:
            for _ in range(AT_ONCE):
                parts = attempt(PARTS, wire.PARTS)
                if parts is None:
                    break
                take(parts, now)
            else:
                self._later()
        except (SocketClosed, ContextTerminated):
            if not self._closed:
                self._closed = True
                self._ended()
        else:
            self._done()

    def _later(self) -> None:
        self._due = True  # a call of `_drain`
        self._loop.call_soon(self._drain)


class Driver:
    """What a server and a client want of their event loop: to send, and to look at the time.

    What several tasks have to say is sent in one go, which wakes the I/O thread once. The callback
    for the time is moved, and seldom cancelled.
    """

    _loop: asyncio.AbstractEventLoop
    _protocol: Any
    _tick: Callable[[int], None]
    _flush: Callable[[], None]
    _flushing = False  # soon
    _alarm: asyncio.TimerHandle | None = None
    _due = 0  # when the alarm rings

    def _flush_soon(self) -> None:
        """Send when the tasks that are ready have run."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _set_alarm(self) -> None:
        """Have `_tick` called when the protocol wants it; an earlier call will set this again."""
        due = self._protocol.next()
        if due is not None and (self._alarm is None or due < self._due):
            self._stop_alarm()
            self._due = due
            self._alarm = self._loop.call_later(max(0, due - clock()) / 1000, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._tick(clock())

    def _stop_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()


class Server(AsyncClosing, Driver, Host):
    """Executes calls of the methods of its services, whose handlers are coroutines.

        async with Server(context, Greeter()) as server:
            await server.serve("tcp://*:5555")

    Each call is a task, which is cancelled when nobody waits for its result any more. Methods with
    a stream are asynchronous generators. A handler that never waits may be a plain function. The
    rest is as with zmqlite.rpc.Server: at most `calls` are under way.
    """

    _CONTEXT = Context

    def __init__(
        self, context: Context, *services: Service, **options: Unpack[ServerOptions]
    ) -> None:
        super().__init__(context, *services, **options)
        self._put = self._socket._send_frames
        self._inbox: Inbox | None = None
        self._closed = asyncio.Event()
        self._idle = asyncio.Event()  # no call is under way

    async def serve(self, endpoint: str) -> None:
        """Accept clients at an endpoint, and `run`."""
        self.bind(endpoint)
        await self.run()

    async def run(self) -> None:
        """Execute calls until the server is closed, or the context terminated; then close."""
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox(self._socket, self._take, self._flush, self._closed.set)
        try:
            await self._closed.wait()
        finally:
            self.close()

    async def stop(self, grace: int = 0) -> None:
        """Refuse new calls, wait for those under way at most `grace` milliseconds, and close."""
        self._protocol.draining = True
        limit = clock() + milliseconds(grace, "grace")
        while self._protocol.unfinished and (left := limit - clock()) > 0:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), left / 1000)
        if self._inbox is not None:
            self._flush()
        self.close()

    def close(self) -> None:
        """Close the socket and cancel the calls under way; nothing if it is closed."""
        for call in self._protocol.abandon():
            call.item.cancel()
        self._closed.set()
        if self._inbox is None:
            self._socket.close()
        else:
            self._inbox.close()
            self._stop_alarm()

    def _take(self, parts: list[wire.Part], now: int) -> None:
        if event := self._protocol.receive(parts, now):
            self._happened(event)

    def _happened(self, event: Event) -> None:
        what, call = event
        if what is Happened.BEGIN:
            call.item = self._loop.create_task(self._execute(call))
        elif what is Happened.CANCEL and call.item is not None:
            call.item.cancel()
        elif call.parked:
            wake(call.parked.pop())

    def _flush(self) -> None:
        self._flushing = False
        if self._inbox is not None and self._protocol.outgoing:
            try:
                super()._flush()
                self._inbox.look()
            except (SocketClosed, ContextTerminated):
                pass  # then it is closed soon
        self._set_alarm()

    async def _execute(self, call: ServerCall) -> None:
        protocol = self._protocol
        if not call.claim():
            return
        try:
            if call.method.streaming:
                await self._stream(call)
                self._end(call, Status.OK, protocol.end, call.seen.reply_metadata, clock())
            else:
                message = self._begin(call)
                if type(message) is CoroutineType or isawaitable(message):
                    message = await message
                reply = self._encode(call, message)
                self._end(call, Status.OK, protocol.reply, *reply, clock())
        except asyncio.CancelledError:
            self._fail(call, RpcError(Status.CANCELLED, "cancelled"))
        except Exception as raised:
            self._fail(call, raised)

    def _finish(self, end: Callable[..., None], *arguments: Any) -> None:
        end(*arguments)
        if self._protocol.unfinished:
            self._flush_soon()
        else:
            self._flush()
            self._idle.set()

    async def _stream(self, call: ServerCall) -> None:
        send, encode = self._protocol.item, call.method.reply.encode
        async with contextlib.aclosing(self._begin(call)) as items:
            async for message in items:
                while True:
                    if call.used < call.credit:
                        break
                    call.parked.append(self._loop.create_future())
                    await call.parked[0]
                call.used += 1
                send(call, encode(message)[0])
                self._flush_soon()


class Client(AsyncClosing, Driver, Caller):
    """Calls methods of servers: one endpoint for each server. See zmqlite.rpc.Client.

        async with Client(context, "tcp://a:5555", "tcp://b:5555") as client:
            greeter = greeter_rpc.AsyncGreeterClient(client)
            reply = await greeter.hello(HelloRequest(name="you"), timeout=500)

    Any number of calls may be under way. One whose task is cancelled is cancelled on its server,
    too. It is made in the event loop that it belongs to.
    """

    _CONTEXT = Context

    def __init__(self, context: Context, *endpoints: str, **options: Unpack[Options]) -> None:
        super().__init__(context, *endpoints, **options)
        self._loop = asyncio.get_running_loop()
        self._tick(clock())

    def close(self) -> None:
        """Close all connections; calls under way end with CANCELLED."""
        self._closed = True
        for call in self._protocol.unfinished():
            self._protocol.cancel(call)
        self._flush()
        self._stop_alarm()
        for link in self._protocol.links:
            self._shut(link)

    # Calls

    def _call(self, method: Method, request: Any, **options: Unpack[CallOptions]) -> Any:
        """Call a method: an awaitable of its reply, or a Stream."""
        if method.streaming:
            call = self._begin(method, request, **options)
            self._flush_soon()
            return Stream[Any](self, call)
        return self._reply(method, request, options)

    async def _reply(self, method: Method, request: Any, options: CallOptions) -> Any:
        call = self._begin(method, request, **options)
        if call.link is not None and len(call.link.calls) > 1:
            self._flush_soon()
        else:
            self._flush()
        try:
            await self._until(call)
            return result(call)
        finally:
            self._leave(call)

    async def _until(self, call: ClientCall) -> None:
        """Wait until a call has ended, or has items."""
        while not (call.ended or call.items):
            call.waiter = self._loop.create_future()
            await call.waiter

    def _nudge(self) -> None:
        self._flush()

    # Messages

    def _tick(self, now: int) -> None:
        """Do what the time demands, and open connections."""
        if self._closed:
            return
        self._protocol.tick(now)
        for link in self._protocol.closed(now):
            socket, monitor = self._connect(link)
            receive, lose = partial(self._protocol.receive, link), partial(self._lose, link)
            link.driver = (
                socket._send_frames,
                Inbox(socket, receive, self._flush, self.close),
                Inbox(monitor.socket, lose, self._flush, self.close),
            )
        self._flush()

    def _flush(self) -> None:
        """Send what there is to send, and wake the tasks for which there are news."""
        self._flushing = False
        outgoing, news = self._protocol.outgoing, self._protocol.news
        if outgoing:
            try:
                for link, frames in outgoing:
                    link.driver[0](frames)
                for link in {link for link, _ in outgoing}:
                    link.driver[1].look()
            except (SocketClosed, ContextTerminated):
                pass  # then it is closed soon
            outgoing.clear()
        if news:
            for call in news:
                if call.waiter is not None:
                    wake(call.waiter)
            news.clear()
        self._set_alarm()

    def _lose(self, link: Link, _: object, now: int) -> None:
        """Give up a connection that has ended."""
        self._shut(link)
        self._protocol.lost(link, now)
        self._tick(now)

    def _shut(self, link: Link) -> None:
        for inbox in link.driver[1:] if link.driver else ():
            inbox.close(0)
        link.driver = None


class Stream(Reader[T], AsyncClosing, AsyncIterator[T]):
    """The items of a stream, to be iterated over with `async for`; see zmqlite.rpc.Stream.

    To leave it early, `close` it, or use it in an `async with` statement: the server then stops.
    """

    async def __anext__(self) -> T:
        if not self._call.items:
            if self._over:
                raise StopAsyncIteration
            await self._client._until(self._call)
        return self._take(StopAsyncIteration)


class Stub(Caption):
    """The base of clients of one service for asyncio; see zmqlite.rpc.Stub."""

    _CLIENT = Client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._own:
            self._client.close()


Client._STUB = Stub


def wake(waiter: asyncio.Future[None]) -> None:
    """Let a task go on that waits, unless it was cancelled or woken before."""
    if not waiter.done():
        waiter.set_result(None)
