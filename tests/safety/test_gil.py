"""Other threads run Python while one waits in libzmq, whatever it waits for."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from support import Make, Run, eventually, inside

import zmqlite as zmq

STEPS = 100
"""Looks of this thread at another one that is inside the call."""


def polled(socket: zmq.Socket) -> Any:
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    return poller.poll()


WAITS: dict[str, Callable[[zmq.Socket], Any]] = {
    "recv": lambda socket: socket.recv(),
    "recv with a timeout": lambda socket: socket.recv(timeout=60_000),
    "recv_multipart": lambda socket: socket.recv_multipart(),
    "recv_string": lambda socket: socket.recv_string(),
    "recv_into": lambda socket: socket.recv_into(bytearray(8)),
    "recv_message": lambda socket: socket.recv_message(),
    "recv_many": lambda socket: socket.recv_many(),
    "poll": lambda socket: socket.poll(),
    "Poller.poll": polled,
    "send": lambda socket: socket.send(b"nobody is connected"),
    "send without a copy": lambda socket: socket.send(bytes(1 << 20)),
    "send_multipart": lambda socket: socket.send_multipart([b"nobody", b"is connected"]),
    "send_many": lambda socket: socket.send_many([b"nobody"] * 3),
    "send_string": lambda socket: socket.send_string("nobody is connected"),
    "proxy": lambda socket: zmq.proxy(socket, socket),
}


@pytest.mark.parametrize("wait", WAITS.values(), ids=WAITS)
def test_a_wait_lets_other_threads_run(
    wait: Callable[[zmq.Socket], Any], context: zmq.Context, make: Make, run: Run
) -> None:
    socket = make(zmq.DEALER)  # sends to nobody, and receives from nobody
    task = run(wait, socket)
    steps = itertools.count(1)
    eventually(lambda: inside(socket) and next(steps) >= STEPS)
    context.shutdown()
    with contextlib.suppress(zmq.ContextTerminated):  # `proxy` just ends
        task.result()
