"""The loops of every role over blocking sockets, as the users of Python libraries write them.

zmqlite, pyzmq and pyomq have the same names for what is used here, so all of them run the very same
loops. What differs, making a socket and binding it, is in the module of each.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

SECOND = 1_000_000_000


class Blocking(ABC):
    """One library in one thread: sockets and what the roles do with them.

    A role calls each method once for a whole run, so that what is timed is the library's calls and
    the loop around them.
    """

    zmq: Any
    """The module."""

    def __init__(self, context: Any) -> None:
        self.context = context

    @classmethod
    def make_context(cls) -> Any:
        """Make what all threads of the process share."""
        return cls.zmq.Context()

    @abstractmethod
    def socket(self, kind: str, **options: int) -> Any:
        """Make a socket; options by libzmq's names."""

    @abstractmethod
    def bind(self, socket: Any, endpoint: str) -> str:
        """Bind, and return the endpoint to connect to."""

    def connect(self, socket: Any, endpoint: str) -> None:
        socket.connect(endpoint)

    def close(self, socket: Any) -> None:
        socket.close()

    def subscribe(self, socket: Any, topics: Sequence[bytes]) -> None:
        for topic in topics:
            socket.subscribe(topic)

    # One frame

    def send(self, socket: Any, message: bytes, count: int) -> None:
        send = socket.send
        for _ in range(count):
            send(message)

    def receive_first(self, socket: Any) -> int:
        """Wait for the first; return how many have come at once."""
        socket.recv()
        return 1

    def receive(self, socket: Any, count: int) -> None:
        receive = socket.recv
        for _ in range(count):
            receive()

    # Three frames

    def send_frames(self, socket: Any, frames: list[bytes], count: int) -> None:
        send = socket.send_multipart
        for _ in range(count):
            send(frames)

    def receive_frames(self, socket: Any, count: int) -> None:
        receive = socket.recv_multipart
        for _ in range(count):
            receive()

    # There and back

    def ask(self, socket: Any, message: bytes, count: int) -> list[int]:
        """Make round trips; return the nanoseconds of each."""
        clock, send, receive = time.perf_counter_ns, socket.send, socket.recv
        times = []
        for _ in range(count):
            start = clock()
            send(message)
            receive()
            times.append(clock() - start)
        return times

    def answer(self, socket: Any, count: int) -> None:
        send, receive = socket.send, socket.recv
        for _ in range(count):
            send(receive())

    def exchange(self, sockets: Sequence[Any], message: bytes, count: int) -> None:
        """Ask with all sockets at once, then take all replies, until `count` were taken."""
        for _ in range(count // len(sockets)):
            for socket in sockets:
                socket.send(message)
            for socket in sockets:
                socket.recv()

    def route(self, socket: Any, count: int) -> None:
        for _ in range(count):
            socket.send_multipart(socket.recv_multipart())

    def alternate(self, sender: Any, receiver: Any, message: bytes, count: int) -> None:
        """Send and receive alternately, in one thread, so that nothing ever waits."""
        send, receive = sender.send, receiver.recv
        for _ in range(count):
            send(message)
            receive()

    def alternate_frames(self, sender: Any, receiver: Any, frames: list[bytes], count: int) -> None:
        send, receive = sender.send_multipart, receiver.recv_multipart
        for _ in range(count):
            send(frames)
            receive()

    # Many sockets

    def poller(self, sockets: Sequence[Any]) -> Any:
        poller = self.zmq.Poller()
        for socket in sockets:
            poller.register(socket, self.zmq.POLLIN)
        return poller

    def receive_polled(self, poller: Any, count: int) -> None:
        """Receive one message from every socket that is ready, until `count` were."""
        left = count
        while left:
            for socket, _ in poller.poll():
                socket.recv()
                left -= 1

    def poll(self, poller: Any, count: int) -> None:
        for _ in range(count):
            poller.poll()

    def proxy(self, frontend: Any, backend: Any) -> None:
        self.zmq.proxy(frontend, backend)
