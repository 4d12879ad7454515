"""zmqlite, one message at a time and in batches."""

from __future__ import annotations

from typing import Any

import zmqlite as zmq

from .blocking import Blocking

BATCH = 500


class OneAtATime(Blocking):
    """send, recv, send_multipart, recv_multipart."""

    zmq = zmq

    def socket(self, kind: str, **options: int) -> Any:
        return self.context.socket(zmq.SocketType[kind], **options)

    def bind(self, socket: Any, endpoint: str) -> str:
        return str(socket.bind(endpoint))


class Batched(OneAtATime):
    """send_many, recv_many."""

    def send(self, socket: Any, message: bytes, count: int) -> None:
        batch = [message] * BATCH
        for _ in range(count // BATCH):
            socket.send_many(batch)
        socket.send_many(batch[: count % BATCH])

    def receive_first(self, socket: Any) -> int:
        return len(socket.recv_many())

    def receive(self, socket: Any, count: int) -> None:
        while count:
            count -= len(socket.recv_many())

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        for done in range(0, count, BATCH):
            number = min(BATCH, count - done)
            self.send(sender, message, number)
            self.receive(receiver, number)
