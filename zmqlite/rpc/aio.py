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
from ..aio.socket import Monitor, Socket
from ..arguments import milliseconds
from ..constants import MonitorEvent, SocketType
from ..errors import Again, ContextTerminated, HostUnreachable, SocketClosed
from .call import clock
from .calling import ClientCall, Link
from .eventloop import Alarm, Inbox
from .hosting import Host, Run, ServerOptions, Service, late
from .requests import Bound, Caller, CallOptions, Caption, Dynamic, Options, Reader, result
from .serving import Event, Happened
from .status import Executed, RpcError, Status

T = TypeVar("T")


class Server(Host):
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
        self._flushing = False
        self._alarm: Alarm | None = None
        self._inbox: Inbox | None = None
        self._closed = asyncio.Event()
        self._idle = asyncio.Event()  # no call is under way

    async def serve(self, endpoint: str) -> None:
        """Accept clients at an endpoint, and `run`."""
        self.bind(endpoint)
        await self.run()

    async def run(self) -> None:
        """Execute calls until the server is closed, or the context terminated."""
        self._alarm = Alarm(self._tick)
        self._inbox = Inbox(self._socket, self._take, self._taken, self._closed.set)
        try:
            await self._closed.wait()
        finally:
            self._inbox.close()

    def _take(self, parts: Any, now: int) -> None:
        if event := self._protocol.receive(parts, now):
            self._happened(event)

    def _taken(self) -> None:
        if self._protocol.outgoing:
            self._flush()
        if self._alarm is not None:
            self._alarm.set(self._protocol.next())

    async def stop(self, grace: int = 0) -> None:
        """Refuse new calls, wait for those under way at most `grace` milliseconds, and close."""
        self._protocol.draining = True
        limit = clock() + milliseconds(grace, "grace")
        while self._protocol.unfinished and (left := limit - clock()) > 0:
            self._idle.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left / 1000):
                    await self._idle.wait()
        self._flush()
        self.close()

    def close(self) -> None:
        """Close the socket and cancel the calls under way; nothing if it is closed."""
        for call in self._protocol.abandon():
            call.runner.item.cancel()
        if self._alarm is not None:
            self._alarm.stop()
        if self._inbox is not None:
            self._inbox.close()
        self._closed.set()
        self._socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def _tick(self) -> None:
        for event in self._protocol.tick(clock()):
            self._happened(event)
        self._flush()
        if self._alarm is not None:
            self._alarm.set(self._protocol.next())

    def _happened(self, event: Event) -> None:
        what, call = event
        if what is Happened.BEGIN:
            call.runner = run = Run(call, call.method)
            run.item = asyncio.get_running_loop().create_task(self._execute(run))
        elif what is Happened.CANCEL and call.runner is not None:
            call.runner.item.cancel()
        elif call.runner is not None and call.runner.parked:
            waiter = call.runner.parked.pop()
            if not waiter.done():
                waiter.set_result(None)

    def _flush(self) -> None:
        self._flushing = False
        outgoing, self._protocol.outgoing = self._protocol.outgoing, []
        inbox = self._inbox
        if inbox is None:  # nothing was received yet
            return
        for frames in outgoing:
            try:
                inbox.send(frames)
            except (HostUnreachable, Again) as error:
                for event in self._unreachable(frames[0], error):
                    self._happened(event)
            except (SocketClosed, ContextTerminated):
                return

    def _flush_soon(self) -> None:
        """Send when the tasks that are ready have run, so that items share messages."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    async def _execute(self, run: Run) -> None:
        call, protocol = run.call, self._protocol
        if not call.claim():
            return
        if late(run):
            protocol.expire(call, clock())
            self._flush_soon()
            return
        status = Status.OK
        try:
            if run.bound.method.streaming:
                await self._stream(run)
                protocol.end(call, run.metadata, clock())
            else:
                message = run.begin()
                if type(message) is CoroutineType or isawaitable(message):
                    message = await message
                payload, extra, attachments = run.reply(message)
                protocol.reply(call, payload, extra, attachments, clock())
        except (Exception, asyncio.CancelledError) as raised:
            if isinstance(raised, asyncio.CancelledError):
                raised = RpcError(Status.CANCELLED, "cancelled", executed=Executed.YES)
            error = run.error(raised)
            status = error.status
            protocol.fail(call, error, clock(), run.metadata)
        if protocol.unfinished:
            self._flush_soon()
        else:
            self._flush()
        self._ended(run, status)
        if not protocol.unfinished:
            self._idle.set()

    async def _stream(self, run: Run) -> None:
        call, send, encode = run.call, self._protocol.item, run.bound.reply.encode
        async with contextlib.aclosing(run.begin()) as items:
            async for message in items:
                while True:
                    if run.used < call.credit:
                        break
                    wait = asyncio.get_running_loop().create_future()
                    run.parked.append(wait)
                    await wait
                run.used += 1
                send(call, encode(message))
                if not self._flushing:
                    self._flush_soon()


class Client(Caller):
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
        self._sockets: dict[Link, tuple[Socket, Monitor, Inbox, asyncio.Task[None]]] = {}
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._tick)
        self._closed = False
        self._open()
        self._flush()

    def close(self) -> None:
        """Close all connections; calls under way end with CANCELLED."""
        self._closed = True
        for link in self._protocol.links:
            for call in tuple(link.calls.values()):
                self._protocol.cancel(call)
        self._flush()
        self._alarm.stop()
        for link in tuple(self._sockets):
            self._shut(link)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def stub(self, descriptor: Any) -> Any:
        """Return a client of a service that is known by its descriptor; see Stub."""
        return DynamicStub(self, descriptor)

    # Calls

    def _start(self, *arguments: Any) -> ClientCall:
        if self._closed:
            raise RuntimeError("the Client is closed")
        call = self._protocol.start(*arguments)
        self._flush()
        return call

    async def _call(self, bound: Bound, request: Any, options: CallOptions) -> Any:
        call = self._begin(bound, request, **options)
        try:
            while True:  # as in _until, without another coroutine
                if call.ended:
                    break
                call.waiter = self._loop.create_future()
                await call.waiter
            return result(call)
        finally:
            self._cancel(call)
            self._ended(call)

    async def _until(self, call: ClientCall) -> None:
        """Wait for news about a call."""
        while not (call.ended or call.items):
            call.waiter = self._loop.create_future()
            await call.waiter

    def _cancel(self, call: ClientCall) -> None:
        if not call.ended:
            self._protocol.cancel(call)
            self._flush()

    # Messages

    async def _watch(self, link: Link, monitor: Monitor) -> None:
        with contextlib.suppress(SocketClosed, ContextTerminated):
            await monitor.recv()
            self._shut(link)
            self._protocol.lost(link, clock())
            self._tick()

    def _tick(self) -> None:
        if not self._closed:
            self._protocol.tick(clock())
            self._open()
            self._flush()

    def _flush(self) -> None:
        """Send what there is to send, and wake the tasks for which there are news."""
        outgoing, news = self._protocol.outgoing, self._protocol.news
        if outgoing:
            try:
                for link, frames in outgoing:
                    self._sockets[link][2].send(frames)
            except (SocketClosed, ContextTerminated):
                pass  # `ended` of the Inbox follows
            outgoing.clear()
        if news:
            for call in news:
                if call.waiter is not None and not call.waiter.done():
                    call.waiter.set_result(None)
            news.clear()
        self._alarm.set(self._protocol.next())

    def _open(self) -> None:
        for link in self._protocol.closed(clock()):
            socket = self._context.socket(SocketType.DEALER, **self._options)
            monitor = socket.monitor(MonitorEvent.DISCONNECTED)
            socket.connect(link.endpoint)
            inbox = Inbox(socket, partial(self._protocol.receive, link), self._flush, self.close)
            task = self._loop.create_task(self._watch(link, monitor))
            self._sockets[link] = socket, monitor, inbox, task
            self._protocol.opened(link)

    def _shut(self, link: Link) -> None:
        socket, monitor, inbox, task = self._sockets.pop(link)
        inbox.close()
        monitor.close()
        socket.close(0)
        if task is not asyncio.current_task():
            task.cancel()


class Stream(Reader, AsyncIterator[T]):
    """The items of a stream, to be iterated over with `async for`; see zmqlite.rpc.Stream.

    To leave it early, `close` it, or use it in an `async with` statement: the server then stops.
    """

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        call, client = self._call, self._client
        if not call.items:
            if self._over:
                raise StopAsyncIteration
            await client._until(call)
            if not call.items:
                self._finish()
                result(call)
                raise StopAsyncIteration
        payload, _ = call.items.popleft()
        if client._protocol.credit_due(call):
            client._protocol.grant(call)
            client._flush()
        item: T = self._decode(payload)
        return item

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class Stub(Caption):
    """The base of clients of one service for asyncio; see zmqlite.rpc.Stub."""

    _CLIENT = Client

    def _call(self, name: str, request: Any, **options: Unpack[CallOptions]) -> Any:
        """Call a method: an awaitable of its reply, or a Stream."""
        bound, client = self._methods[name], self._client
        if not bound.method.streaming:
            return client._call(bound, request, options)
        return Stream[Any](client, client._begin(bound, request, **options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._own:
            self._client.close()


class DynamicStub(Dynamic, Stub):
    """A client of a service whose methods are found by name: `await stub.hello(request)`."""
