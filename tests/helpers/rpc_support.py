"""Servers and clients of tests/rpc: the service demo.Greeter, blocking and with asyncio."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import sysconfig
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from schemas import load
from support import DEADLINE, Task, eventually

import zmqlite as zmq
from zmqlite import aio, rpc
from zmqlite.rpc import aio as rpc_aio

T = TypeVar("T")

SOURCES = Path(__file__).resolve().parents[1] / "rpc"
LONG = int(DEADLINE * 1000)


def protoc(target: str | Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run protoc with its plugin; what it makes for Python goes to a directory."""
    plugin = Path(sysconfig.get_path("scripts"), "protoc-gen-zmqlite")
    outputs = [f"--{kind}_out={target}" for kind in ("python", "pyi", "zmqlite")]
    command = [sys.executable, "-m", "protoc", f"--plugin=protoc-gen-zmqlite={plugin}", *outputs]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def generate(target: str | Path) -> None:
    """Write the Python modules of greeter.proto to a directory."""
    done = protoc(target, f"--proto_path={SOURCES}", "greeter.proto")
    assert done.returncode == 0, done.stderr


greeter_pb2, greeter_rpc = load(generate, "greeter_pb2", "greeter_rpc")
GREETER = greeter_pb2.DESCRIPTOR.services_by_name["Greeter"]
Request, Reply, WatchRequest, Event = (
    getattr(greeter_pb2, name) for name in ("HelloRequest", "HelloReply", "WatchRequest", "Event")
)


class Greeter:
    """Handlers that do what the name in the request says."""

    def __init__(self) -> None:
        self.calls: list[rpc.Call] = []
        self.executed: list[str] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.closed = threading.Event()

    def answer(self, request: Any, call: rpc.Call) -> Any:
        """What both kinds of handlers have in common."""
        self.calls.append(call)
        self.executed.append(request.name)
        self.begun.release()
        if request.name == "unknown":
            raise rpc.RpcError(rpc.Status.NOT_FOUND, "nobody is called so", [request])
        if request.name == "broken":
            raise ValueError("a secret of the server")
        if request.name == "another class":
            return Event()
        call.reply_metadata.update({f"got {key}": value for key, value in call.metadata.items()})
        call.reply_attachments += [bytes(each) + b"!" for each in call.attachments]
        return Reply(text=f"Hello, {request.name}")

    def hello(self, request: Any, call: rpc.Call) -> Any:
        reply = self.answer(request, call)
        if request.name == "wait":
            while not self.go_on.wait(0.001):
                if call.cancelled:
                    raise rpc.RpcError(rpc.Status.CANCELLED)
        return reply

    ask = hello

    def watch(self, request: Any, call: rpc.Call) -> Iterator[Any]:
        self.calls.append(call)
        self.begun.release()
        try:
            for number in range(request.count):
                self.executed.append(str(number))
                yield Event(number=number)
            call.reply_metadata["the"] = "end"
        finally:
            self.closed.set()


class AsyncGreeter(Greeter):
    """The same as coroutines."""

    async def hello(self, request: Any, call: rpc.Call) -> Any:
        reply = self.answer(request, call)
        while request.name == "wait" and not self.go_on.is_set():
            await asyncio.sleep(0.001)
        return reply

    ask = hello

    async def watch(self, request: Any, call: rpc.Call) -> AsyncIterator[Any]:  # type: ignore[override]
        try:
            for event in super().watch(request, call):
                yield event
        finally:
            self.closed.set()


KINDS = {"receiving thread": 0, "pool": 4, "asyncio": -1}


def bound(server: Any, endpoint: str) -> str:
    """Bind a server; "" while libzmq's thread still has to close what was bound there."""
    with suppress(zmq.AddressInUse):
        return str(server.bind(endpoint))
    return ""


class Serving:
    """A server in a thread: its handlers, its endpoint, and how to stop it."""

    def __init__(self, kind: str, context: zmq.Context, endpoint: str, options: Any) -> None:
        self.kind = kind
        self.greeter = AsyncGreeter() if kind == "asyncio" else Greeter()
        self.service = rpc.Service(GREETER, self.greeter)
        self.endpoint = ""
        self.stop: Callable[[int], object]
        ready = threading.Event()
        if kind == "asyncio":
            self.task = Task(asyncio.run, self._run(endpoint, options, ready))
            assert ready.wait(DEADLINE)
        else:
            server = rpc.Server(context, self.service, threads=KINDS[kind], **options)
            self.server: Any = server
            self.endpoint = eventually(bound, server, endpoint)
            self.stop = server.stop
            self.task = Task(server.run)

    async def _run(self, endpoint: str, options: Any, ready: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        async with (
            aio.Context() as context,
            rpc_aio.Server(context, self.service, **options) as server,
        ):
            self.server = server
            self.endpoint = eventually(bound, server, endpoint)
            self.stop = lambda grace: asyncio.run_coroutine_threadsafe(server.stop(grace), loop)
            ready.set()
            await server.run()

    def end(self) -> None:
        self.greeter.go_on.set()
        if not self.task.future.done():
            self.stop(0)
        self.task.result()
        for thread in threading.enumerate():
            if thread.name.startswith("zmqlite.rpc "):
                thread.join(DEADLINE)  # a handler that just ends still has its attachments


@contextmanager
def serving(
    kind: str, context: zmq.Context, endpoint: str = "tcp://127.0.0.1:*", **options: Any
) -> Iterator[Serving]:
    """A server that runs in a thread until the end of the block."""
    server = Serving(kind, context, endpoint, options)
    try:
        yield server
    finally:
        server.end()


class AsyncStub:
    """A stub of asyncio, called from a thread that has no event loop."""

    def __init__(self, stub: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._stub = stub
        self._loop = loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * DEADLINE)

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **options: Any) -> Any:
            return await getattr(self._stub, name)(*arguments, **options)

        async def items(*arguments: Any, **options: Any) -> list[Any]:
            return [item async for item in self._stub.watch(*arguments, **options)]

        each = items if name == "watch" else call
        return lambda *arguments, **options: self.run(each(*arguments, **options))


@contextmanager
def calling(kind: str, context: zmq.Context, *endpoints: str, **options: Any) -> Iterator[Any]:
    """A stub of a client, "blocking" or "asyncio", that is closed at the end of the block."""
    if kind == "blocking":
        with rpc.Client(context, *endpoints, **options) as blocking:
            yield blocking.stub(GREETER)
        return
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:

        async def start() -> tuple[aio.Context, rpc_aio.Client]:
            context = aio.Context()
            return context, rpc_aio.Client(context, *endpoints, **options)

        async def end() -> None:
            client.close()
            await own.term()

        own, client = asyncio.run_coroutine_threadsafe(start(), loop).result(DEADLINE)
        yield AsyncStub(client.stub(GREETER), loop)
        asyncio.run_coroutine_threadsafe(end(), loop).result(DEADLINE)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE)
        loop.close()
