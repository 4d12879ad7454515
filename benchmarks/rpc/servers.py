"""One server in a process: `python -m benchmarks.rpc.servers KIND [BROKER]`.

It prints its endpoint, or that of the broker that it has registered with.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio

import zmqlite as zmq
from zmqlite import aio, proto, rpc
from zmqlite.rpc.aio import Server as AsyncServer

from .service import METADATA, SERVICE, Note

ENDPOINT = "tcp://127.0.0.1:*"
SERIALIZE, PARSE = Note.SerializeToString, Note.FromString


class Echo:
    """The handlers of zmqlite."""

    def echo(self, request: Any, call: rpc.Call) -> Any:
        assert call.metadata
        call.reply_metadata.update(METADATA)
        call.reply_attachments += call.attachments
        return request

    def count(self, request: Any, call: rpc.Call) -> Iterator[Any]:
        for number in range(request.number):
            yield Note(number=number)


class AsyncEcho:
    async def echo(self, request: Any, call: rpc.Call) -> Any:
        assert call.metadata
        call.reply_metadata.update(METADATA)
        return request

    async def wait(self, request: Any, call: rpc.Call) -> Any:
        await asyncio.sleep(3600)
        return request

    async def count(self, request: Any, call: rpc.Call) -> AsyncIterator[Any]:
        for number in range(request.number):
            yield Note(number=number)


def grpc_handlers(echo: Any, count: Any) -> Any:
    rows = {
        "Echo": grpc.unary_unary_rpc_method_handler(echo, PARSE, SERIALIZE),
        "Count": grpc.unary_stream_rpc_method_handler(count, PARSE, SERIALIZE),
    }
    return grpc.method_handlers_generic_handler("benchmarks.Echo", rows)


def tell(endpoint: str) -> None:
    print(json.dumps({"endpoint": endpoint}), flush=True)


def serve_rpc(threads: int, broker: str = "") -> None:
    with zmq.Context() as context:
        server = rpc.Server(context, rpc.Service(SERVICE, Echo()), threads=threads)
        attach(server, broker)
        server.run()


def serve_broker() -> None:
    with zmq.Context() as context:
        broker = rpc.Broker(context)
        tell(broker.bind(ENDPOINT))
        broker.run()


def attach(server: Any, broker: str) -> None:
    """Register with a broker, if there is one, or bind."""
    if broker:
        server.register(broker)
    tell(broker or server.bind(ENDPOINT))


def serve_raw() -> None:
    with zmq.Context() as context:
        socket = context.socket(zmq.REP)
        tell(socket.bind(ENDPOINT))
        typed: proto.TypedSocket[Any, Any] = proto.TypedSocket(socket, Note)
        for message in typed:
            typed.send(message)


async def serve_async(broker: str = "") -> None:
    async with aio.Context() as context:
        server = AsyncServer(context, rpc.Service(SERVICE, AsyncEcho()), calls=20_000)
        attach(server, broker)
        await server.run()


def serve_grpc() -> None:
    def echo(request: Any, call: Any) -> Any:
        assert call.invocation_metadata()
        call.set_trailing_metadata(tuple(METADATA.items()))
        return request

    def count(request: Any, call: Any) -> Iterator[Any]:
        for number in range(request.number):
            yield Note(number=number)

    options = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(ThreadPoolExecutor(8), options=options)
    server.add_generic_rpc_handlers((grpc_handlers(echo, count),))
    tell(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    server.start()
    server.wait_for_termination()


async def serve_grpc_async() -> None:
    async def echo(request: Any, call: Any) -> Any:
        assert call.invocation_metadata()
        call.set_trailing_metadata(tuple(METADATA.items()))
        return request

    async def count(request: Any, call: Any) -> AsyncIterator[Any]:
        for number in range(request.number):
            yield Note(number=number)

    server: Any = grpc.aio.server()  # type: ignore[no-untyped-call,unused-ignore]
    server.add_generic_rpc_handlers((grpc_handlers(echo, count),))
    tell(f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}")
    await server.start()
    await server.wait_for_termination()


KINDS: dict[str, Callable[..., None]] = {
    "broker": serve_broker,
    "through a broker": lambda broker: serve_rpc(0, broker),
    "asyncio, broker": lambda broker: asyncio.run(serve_async(broker)),
    "receiving thread": lambda: serve_rpc(0),
    "pool": lambda: serve_rpc(8),
    "asyncio": lambda: asyncio.run(serve_async()),
    "typed REQ/REP": serve_raw,
    "grpcio": serve_grpc,
    "grpc.aio": lambda: asyncio.run(serve_grpc_async()),
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](*sys.argv[2:])
