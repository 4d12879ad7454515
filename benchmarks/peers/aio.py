"""zmqlite.aio, one message at a time and in batches."""

from __future__ import annotations

from typing import Any

from zmqlite import aio

from .asynchronous import Asynchronous
from .zmqlite import BATCH
from .zmqlite import OneAtATime as Blocking


class OneAtATime(Asynchronous, Blocking):
    """Awaits send, recv, send_multipart, recv_multipart."""

    zmq = aio


class Batched(OneAtATime):
    """Awaits send_many, recv_many."""

    def send(self, socket: Any, message: bytes, count: int) -> None:
        async def loop() -> None:
            batch = [message] * BATCH
            for _ in range(count // BATCH):
                await socket.send_many(batch)
            await socket.send_many(batch[: count % BATCH])

        self.work(loop())

    def receive_first(self, socket: Any) -> int:
        async def first() -> int:
            return len(await socket.recv_many())

        return self.work(first())

    def receive(self, socket: Any, count: int) -> None:
        async def loop() -> None:
            left = count
            while left:
                left -= len(await socket.recv_many())

        self.work(loop())
