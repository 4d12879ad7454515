"""What children do in a process of their own, with a context of their own."""

from __future__ import annotations

from prelude import kept

import zmqlite as zmq


def send(endpoint: str, number: int) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(endpoint)
        socket.send_multipart([b"%d" % number, bytes(100_000)])


def send_and_forget(endpoint: str) -> None:
    socket = zmq.Context().socket(zmq.PUSH)
    kept.append(socket)
    socket.connect(endpoint)
    for number in range(1000):
        socket.send(b"%d" % number)
