"""What many tests share: waiting with a deadline, calls in threads, and the types of fixtures."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

import pytest

from zmqlite import DONTWAIT, PUB, XPUB, Again, HostUnreachable, Socket, SocketType

T = TypeVar("T")

DEADLINE = 10.0
"""Seconds after which something that has to happen is taken not to happen."""

LONG = 65536
"""The length from which bytes are sent without a copy, and received frames are let go at once."""

_numbers = itertools.count(1)

TRANSPORTS = ["inproc", "ipc", "tcp"]


def slow(*values: Any) -> Any:
    """A row of a table that takes too long for the quick loop."""
    return pytest.param(*values, marks=pytest.mark.slow)


def eventually(condition: Callable[..., T], *args: Any, seconds: float = DEADLINE) -> T:
    """Wait until a condition holds; what it returned."""
    end = time.monotonic() + seconds
    while not (result := condition(*args)):
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.001)
    return result


class Task(Generic[T]):
    """A call in a thread of its own, which does not keep the process from ending."""

    def __init__(self, call: Callable[..., T], *args: Any, **options: Any) -> None:
        self.future: Future[T] = Future()
        self.thread = threading.Thread(target=self._run, args=(call, args, options), daemon=True)
        self.thread.start()

    def _run(self, call: Callable[..., T], args: tuple[Any, ...], options: dict[str, Any]) -> None:
        try:
            self.future.set_result(call(*args, **options))
        except BaseException as error:
            self.future.set_exception(error)

    def result(self, deadline: float = DEADLINE) -> T:
        """What the call returned; raises what it raised, or TimeoutError."""
        return self.future.result(deadline)


def unique_ipc() -> str:
    """An ipc endpoint that nobody else uses, and that leaves no file."""
    return f"ipc://@zmqlite-test-{os.getpid()}-{next(_numbers)}"


def inside(*sockets: Socket) -> bool:
    """Whether calls into all of these sockets are under way."""
    return all(repr(socket).startswith("<busy ") for socket in sockets)


def open_descriptors() -> dict[str, str]:
    """The descriptors of this process, and what each is."""
    found = {}
    for name in os.listdir("/proc/self/fd"):
        try:
            found[name] = os.readlink(f"/proc/self/fd/{name}")
        except FileNotFoundError:  # the one that listed them
            continue
    return found


def subscribe(subscriber: Socket, publisher: Socket, topic: bytes = b"") -> None:
    """Subscribe, and come back when the publisher knows it; both queues are empty then."""
    subscriber.subscribe(topic)
    await_subscription(subscriber, publisher, topic)


def await_subscription(subscriber: Socket, publisher: Socket, topic: bytes = b"") -> None:
    """Come back when the publisher knows of a subscription that was sent."""
    if publisher.type is XPUB:
        assert publisher.recv(timeout=int(DEADLINE * 1000)) == b"\1" + topic
        return
    assert publisher.type is PUB
    if publisher.last_endpoint.startswith("inproc"):
        assert publisher.events  # reading it takes in what has arrived
        return
    probe, end = topic + b"\0probe", topic + b"\0end"

    def arrived() -> bool:
        publisher.send(probe)
        return bool(subscriber.poll(1))

    eventually(arrived)
    publisher.send(end)
    while subscriber.recv(timeout=int(DEADLINE * 1000)) != end:
        pass


def unreachable(socket: Socket, name: bytes) -> bool:
    """Whether a socket that routes by name has learnt that a peer is not there any more."""
    assert not socket.poll(0)  # without a poll or a receive it would never learn
    try:
        socket.send_multipart([name, b"data"], DONTWAIT)
    except HostUnreachable:
        return True
    except Again:
        return False
    return False


class Make(Protocol):
    """The fixture `make`."""

    def __call__(self, kind: SocketType, **options: Any) -> Socket: ...


class Connect(Protocol):
    """The fixture `connect`."""

    def __call__(self, binder: Socket, connecter: Socket, transport: str = ...) -> str: ...


class Pair(Protocol):
    """The fixture `pair`."""

    def __call__(
        self, binder: SocketType, connecter: SocketType, transport: str = ..., **options: Any
    ) -> tuple[Socket, Socket]: ...


class Run(Protocol):
    """The fixture `run`."""

    def __call__(self, call: Callable[..., T], *args: Any, **options: Any) -> Task[T]: ...
