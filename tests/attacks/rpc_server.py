"""A server of rpc_faults: it notes each execution in a file before it answers.

python -m tests.attacks.rpc_server ENDPOINT FILE KIND [BROKER ...]
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import zmqlite as zmq
from zmqlite import aio, rpc
from zmqlite.rpc.aio import Server

from .rpc_service import SERVICE, Note


class Handlers:
    """Appends one line of fixed length to the file, which is one write: kills tear nothing."""

    def __init__(self, file: str) -> None:
        self.file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, request: Any) -> Any:
        os.write(self.file, b"%015d\n" % request.number)
        return Note(number=request.number * 7 + 1, pause=request.pause)

    def once(self, request: Any, call: rpc.Call) -> Any:
        reply = self.note(request)
        time.sleep(request.pause / 1000)
        return reply

    repeat = once

    def count(self, request: Any, call: rpc.Call) -> Iterator[Any]:
        for number in range(request.number):
            yield Note(number=number)


class AsyncHandlers(Handlers):
    async def once(self, request: Any, call: rpc.Call) -> Any:
        reply = self.note(request)
        if request.pause:
            await asyncio.sleep(request.pause / 1000)
        return reply

    repeat = once

    async def count(self, request: Any, call: rpc.Call) -> AsyncIterator[Any]:  # type: ignore[override]
        for number in range(request.number):
            yield Note(number=number)


async def main(endpoint: str, file: str, brokers: list[str]) -> None:
    async with (
        aio.Context() as context,
        Server(context, rpc.Service(SERVICE, AsyncHandlers(file))) as server,
    ):
        server.bind(endpoint)
        for broker in brokers:
            server.register(broker)
        print("ready", flush=True)
        await server.run()


if __name__ == "__main__":
    endpoint, file, kind, *brokers = sys.argv[1:]
    if kind == "asyncio":
        asyncio.run(main(endpoint, file, brokers))
    else:
        with zmq.Context() as context:
            service = rpc.Service(SERVICE, Handlers(file))
            server = rpc.Server(context, service, threads=8 if kind == "pool" else 0)
            server.bind(endpoint)
            for broker in brokers:
                server.register(broker)
            print("ready", flush=True)
            server.run()
