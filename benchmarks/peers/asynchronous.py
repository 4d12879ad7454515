"""The same loops with await: zmqlite.aio and pyzmq.asyncio share them, as the blocking ones do.

Each method runs the event loop once, for all messages of a run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from .blocking import Blocking

T = TypeVar("T")


class Asynchronous(Blocking):
    """One library in one thread, with an event loop of its own."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.loop = asyncio.new_event_loop()

    def work(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def send(self, socket: Any, message: bytes, count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.send(message)

        self.work(loop())

    def receive_first(self, socket: Any) -> int:
        self.receive(socket, 1)
        return 1

    def receive(self, socket: Any, count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.recv()

        self.work(loop())

    def send_frames(self, socket: Any, frames: list[bytes], count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.send_multipart(frames)

        self.work(loop())

    def receive_frames(self, socket: Any, count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.recv_multipart()

        self.work(loop())

    def ask(self, socket: Any, message: bytes, count: int) -> list[int]:
        async def loop() -> list[int]:
            clock, times = time.perf_counter_ns, []
            for _ in range(count):
                start = clock()
                await socket.send(message)
                await socket.recv()
                times.append(clock() - start)
            return times

        return self.work(loop())

    def answer(self, socket: Any, count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.send(await socket.recv())

        self.work(loop())

    def exchange(self, sockets: Sequence[Any], message: bytes, count: int) -> None:
        async def loop() -> None:
            for _ in range(count // len(sockets)):
                for socket in sockets:
                    await socket.send(message)
                for socket in sockets:
                    await socket.recv()

        self.work(loop())

    def route(self, socket: Any, count: int) -> None:
        async def loop() -> None:
            for _ in range(count):
                await socket.send_multipart(await socket.recv_multipart())

        self.work(loop())
