"""pyzmq, blocking and with asyncio, as most programs use it."""

from __future__ import annotations

from typing import Any

import zmq
import zmq.asyncio

from .asynchronous import Asynchronous
from .blocking import Blocking


class OneAtATime(Blocking):
    """send, recv, send_multipart, recv_multipart."""

    zmq = zmq

    def socket(self, kind: str, **options: int) -> Any:
        socket = self.context.socket(zmq.SocketType[kind])
        for name, value in options.items():
            socket.setsockopt(zmq.SocketOption[name.upper()], value)
        return socket

    def bind(self, socket: Any, endpoint: str) -> str:
        socket.bind(endpoint)
        return str(socket.getsockopt_string(zmq.LAST_ENDPOINT)).rstrip("\0")


class Awaited(Asynchronous, OneAtATime):
    """Awaits the same."""

    zmq = zmq.asyncio

    def socket(self, kind: str, **options: int) -> Any:
        async def make() -> Any:  # it looks for the event loop
            return OneAtATime.socket(self, kind, **options)

        return self.work(make())
