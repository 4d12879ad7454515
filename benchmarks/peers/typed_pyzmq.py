"""pyzmq with protobuf's own calls around send and recv, as a program without zmqlite has them."""

from __future__ import annotations

from typing import Any

from .article import KIND, filled
from .pyzmq import OneAtATime


class ByHand(OneAtATime):
    """SerializeToString for each message that is sent, FromString for each that is received."""

    def send(self, socket: Any, message: bytes, count: int) -> None:
        serialise, send = filled(message).SerializeToString, socket.send
        for _ in range(count):
            send(serialise())

    def receive(self, socket: Any, count: int) -> None:
        parse, receive = KIND.FromString, socket.recv
        for _ in range(count):
            parse(receive())
