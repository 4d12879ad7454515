"""zmqlite.capi: the calls of the C program, line by line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from zmqlite import capi
from zmqlite.capi import zmq_msg_recv, zmq_msg_t, zmq_recv, zmq_send

from .blocking import Blocking


class OneAtATime(Blocking):
    """zmq_send and zmq_recv into a buffer, as most C programs do."""

    zmq = capi

    @classmethod
    def make_context(cls) -> Any:
        return capi.zmq_ctx_new()

    def socket(self, kind: str, **options: int) -> Any:
        socket = capi.zmq_socket(self.context, getattr(capi, f"ZMQ_{kind}"))
        for name, value in options.items():
            number = getattr(capi, f"ZMQ_{name.upper()}")
            check(capi.zmq_setsockopt(socket, number, capi.c_int(value), 4))
        return socket

    def bind(self, socket: Any, endpoint: str) -> str:
        check(capi.zmq_bind(socket, endpoint))
        name, size = capi.c_char_buffer(256), capi.c_size_t(256)
        check(capi.zmq_getsockopt(socket, capi.ZMQ_LAST_ENDPOINT, name, size))
        return bytes(name[: size.value - 1]).decode()

    def connect(self, socket: Any, endpoint: str) -> None:
        check(capi.zmq_connect(socket, endpoint))

    def close(self, socket: Any) -> None:
        check(capi.zmq_close(socket))

    def subscribe(self, socket: Any, topics: Sequence[bytes]) -> None:
        for topic in topics:
            check(capi.zmq_setsockopt(socket, capi.ZMQ_SUBSCRIBE, topic, len(topic)))

    def send(self, socket: Any, message: bytes, count: int) -> None:
        size = len(message)
        for _ in range(count):
            zmq_send(socket, message, size, 0)

    def receive_first(self, socket: Any) -> int:
        self.receive(socket, 1)
        return 1

    def receive(self, socket: Any, count: int) -> None:
        buffer = bytearray(1 << 20)
        size = len(buffer)
        for _ in range(count):
            zmq_recv(socket, buffer, size, 0)

    def send_frames(self, socket: Any, frames: list[bytes], count: int) -> None:
        *first, last = frames
        size = len(last)
        for _ in range(count):
            for frame in first:
                zmq_send(socket, frame, size, capi.ZMQ_SNDMORE)
            zmq_send(socket, last, size, 0)

    def receive_frames(self, socket: Any, count: int) -> None:
        message = zmq_msg_t()
        capi.zmq_msg_init(message)
        for _ in range(count):
            zmq_msg_recv(message, socket, 0)
            while capi.zmq_msg_more(message):
                zmq_msg_recv(message, socket, 0)

    def ask(self, socket: Any, message: bytes, count: int) -> list[int]:
        clock, size, buffer = time.perf_counter_ns, len(message), bytearray(message)
        times = []
        for _ in range(count):
            start = clock()
            zmq_send(socket, message, size, 0)
            zmq_recv(socket, buffer, size, 0)
            times.append(clock() - start)
        return times

    def answer(self, socket: Any, count: int) -> None:
        buffer = bytearray(1 << 20)
        for _ in range(count):
            zmq_send(socket, buffer, zmq_recv(socket, buffer, len(buffer), 0), 0)

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        size, buffer = len(message), bytearray(message)
        for _ in range(count):
            zmq_send(sender, message, size, 0)
            zmq_recv(receiver, buffer, size, 0)


def check(code: int) -> None:
    """End the process where C's own program would."""
    if code < 0:
        raise OSError(capi.zmq_errno(), capi.zmq_strerror(capi.zmq_errno()))
