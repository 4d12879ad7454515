"""pyzmq, as most programs use it."""

from __future__ import annotations

from typing import Any

import zmq

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
