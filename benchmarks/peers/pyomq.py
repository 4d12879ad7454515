"""pyomq: pyzmq's names, over an implementation of its own instead of libzmq."""

from __future__ import annotations

from typing import Any

import pyomq

from .blocking import Blocking


class OneAtATime(Blocking):
    """send, recv, send_multipart, recv_multipart."""

    zmq = pyomq

    def socket(self, kind: str, **options: int) -> Any:
        socket = self.context.socket(getattr(pyomq, kind))
        for name, value in options.items():
            socket.setsockopt(getattr(pyomq, name.upper()), value)
        return socket

    def bind(self, socket: Any, endpoint: str) -> str:
        socket.bind(endpoint)
        return str(socket.getsockopt_string(pyomq.LAST_ENDPOINT)).rstrip("\0")
