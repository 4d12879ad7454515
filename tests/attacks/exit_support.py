"""What the programs of exit_ways and exits share: how they end, and what they leave behind."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import zmqlite as zmq

LINGER = 300
KEPT: list[Any] = []


class End(NamedTuple):
    """A way to end, and how it looks: exit code, what is printed late, a complaint of Python."""

    program: Callable[[], object]
    code: int = 0
    out: str = ""
    complains: bool = False
    lingers: bool = True  # libzmq waits for what cannot be sent
    grace: float = 0.0  # seconds that zmqlite gives a thread


ENDS: dict[str, End] = {}


def end(**looks: Any) -> Callable[[Any], Any]:
    """Make a function one of ENDS."""

    def add(function: Callable[[], object]) -> Callable[[], object]:
        ENDS[function.__name__] = End(function, **looks)
        return function

    return add


def say(*words: object) -> None:
    print(*words, flush=True)


def nowhere() -> str:
    """An endpoint that refuses every connection, for as long as the process lives."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    KEPT.append(hole)
    return f"tcp://127.0.0.1:{hole.getsockname()[1]}"


def new_context() -> zmq.Context:
    return zmq.Context(linger=LINGER)


def unsent(endpoint: str = "") -> tuple[zmq.Context, zmq.Socket]:
    """A message that nobody ever takes."""
    context = new_context()
    sender = context.socket(zmq.PUSH)
    sender.connect(endpoint or nowhere())
    sender.send(b"x")
    return context, sender


def daemon(target: Callable[..., object], *arguments: object) -> None:
    threading.Thread(target=target, args=arguments, daemon=True).start()


def waits(name: str, context: zmq.Context) -> tuple[zmq.Socket, Callable[[], object]]:
    """A call that never returns by itself, and its socket."""
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    KEPT.extend([receiver, sender])
    if name == "Monitor.recv":
        monitor = receiver.monitor()
        KEPT.append(monitor)
        return monitor.socket, monitor.recv
    poller = zmq.Poller()
    poller.register(receiver)
    calls: dict[str, Callable[[], object]] = {
        "recv": receiver.recv,
        "recv_multipart": receiver.recv_multipart,
        "recv_many": receiver.recv_many,
        "recv with a timeout": lambda: receiver.recv(timeout=60000),
        "iteration": lambda: list(receiver),
        "poll": receiver.poll,
        "Poller.poll": poller.poll,
        "proxy": lambda: zmq.proxy(receiver, sender),
        "send": lambda: sender.send(b"x"),
    }
    return sender if name == "send" else receiver, calls[name]


WAITS = [
    *("recv", "recv_multipart", "recv_many", "recv with a timeout", "iteration"),
    *("poll", "Poller.poll", "proxy", "send", "Monitor.recv"),
]


def in_use(used: zmq.Socket) -> None:
    """Wait until another thread is in a call."""
    limit = time.monotonic() + 10
    while not repr(used).startswith("<busy "):
        assert time.monotonic() < limit, "never happened"
        time.sleep(0.001)
