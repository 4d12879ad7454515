"""Servers and clients for asyncio: handlers and calls are coroutines, on one socket each.

    from zmqlite import aio
    from zmqlite.rpc.aio import Client, Server

Messages are received in callbacks of the event loop, see eventloop. These send at once what comes
of them: sends never wait, see OPTIONS in hosting and requests.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from inspect import isawaitable
from types import CoroutineType
from typing import Any, Self, TypeVar, Unpack

from ..aio.context import Context
from ..arguments import milliseconds
from ..errors import ContextTerminated, SocketClosed
from .call import AsyncClosing, clock, tell
from .calling import ClientCall, Link
from .eventloop import Alarm, Inbox
from .hosting import Host, ServerOptions, Service
from .requests import Caller, CallOptions, Caption, Options, Reader, result
from .service import Method
from .serving import Event, Happened, ServerCall
from .status import Executed, RpcError, Status

T = TypeVar("T")


class Batches:
    """Sends what several tasks have to say in one go, which wakes the I/O thread once."""

    _loop: asyncio.AbstractEventLoop
    _flushing = False  # soon

    def _flush(self) -> None:
        """Send what there is; a client and a server do so in their own way."""
        raise NotImplementedError

    def _flush_soon(self) -> None:
        """Send when the tasks that are ready have run."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)


class Server(AsyncClosing, Host, Batches):
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
        self._alarm = Alarm(self._tick)
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
                async with asyncio.timeout(left / 1000):
                    await self._idle.wait()
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
            self._alarm.stop()

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
            with contextlib.suppress(SocketClosed, ContextTerminated):
                super()._flush()
                self._inbox.look()
        self._alarm.set(self._protocol.next())

    async def _execute(self, call: ServerCall) -> None:
        protocol = self._protocol
        if not call.claim():
            return
        status = Status.OK
        try:
            if call.method.streaming:
                await self._stream(call)
                protocol.end(call, call.seen.reply_metadata, clock())
            else:
                message = self._begin(call)
                if type(message) is CoroutineType or isawaitable(message):
                    message = await message
                protocol.reply(call, *self._encode(call, message), clock())
        except (Exception, asyncio.CancelledError) as raised:
            if isinstance(raised, asyncio.CancelledError):
                raised = RpcError(Status.CANCELLED, "cancelled", executed=Executed.YES)
            error = self._error(call, raised)
            status = error.status
            protocol.fail(call, error, clock(), call.seen.reply_metadata)
        call.seen = None  # which refers to the call: a reference cycle
        if self._hook is not None:
            tell(self._hook, call.method.name, status, call.start)
        if protocol.unfinished:
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


class Client(AsyncClosing, Caller, Batches):
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
        self._alarm = Alarm(self._tick)
        self._tick()

    def close(self) -> None:
        """Close all connections; calls under way end with CANCELLED."""
        self._closed = True
        for call in self._protocol.unfinished():
            self._protocol.cancel(call)
        self._flush()
        self._alarm.stop()
        for link in self._protocol.links:
            self._shut(link)

    # Calls

    def _start(self, *arguments: Any) -> ClientCall:
        call = self._protocol.start(*arguments)
        if call.link is not None and len(call.link.calls) > 1:
            self._flush_soon()
        else:
            self._flush()
        return call

    def _call(self, method: Method, request: Any, options: CallOptions) -> Any:
        """Call a method: an awaitable of its reply, or a Stream."""
        if method.streaming:
            return Stream[Any](self, self._begin(method, request, **options))
        return self._reply(method, request, options)

    async def _reply(self, method: Method, request: Any, options: CallOptions) -> Any:
        call = self._begin(method, request, **options)
        try:
            while True:
                if call.ended:
                    break
                call.waiter = self._loop.create_future()
                await call.waiter
            return result(call)
        finally:
            self._leave(call)

    async def _until(self, call: ClientCall) -> None:
        """Wait for news about a stream."""
        while not (call.ended or call.items):
            call.waiter = self._loop.create_future()
            await call.waiter

    def _cancel(self, call: ClientCall) -> None:
        self._protocol.cancel(call)
        self._flush()

    def _grant(self, call: ClientCall) -> None:
        self._protocol.grant(call)
        self._flush()

    # Messages

    def _tick(self) -> None:
        """Do what the time demands, and open connections."""
        if self._closed:
            return
        now = clock()
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
            with contextlib.suppress(SocketClosed, ContextTerminated):  # then it is closed soon
                for link, frames in outgoing:
                    link.driver[0](frames)
                for link in {link for link, _ in outgoing}:
                    link.driver[1].look()
            outgoing.clear()
        if news:
            for call in news:
                if call.waiter is not None:
                    wake(call.waiter)
            news.clear()
        self._alarm.set(self._protocol.next())

    def _lose(self, link: Link, _: object, now: int) -> None:
        """Give up a connection that has ended."""
        self._shut(link)
        self._protocol.lost(link, now)
        self._tick()

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
