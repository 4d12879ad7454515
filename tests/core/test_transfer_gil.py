"""Calls that are short keep the GIL: beside a thread that computes they need not wait for it."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Iterator

import pytest
from support import Pair

import zmqlite as zmq

COUNT = 5000
"""Calls of a loop, which may wait for the other thread at some switches, and not at each call."""


@pytest.fixture
def computing() -> Iterator[None]:
    """A thread that computes in Python for as long as the test runs."""
    ended = threading.Event()
    begun = threading.Event()

    def compute() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            begun.set()

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    assert begun.wait(10)
    yield
    ended.set()
    thread.join(10)
    assert not thread.is_alive()


def receive_all(receiver: zmq.Socket) -> None:
    for count, _ in enumerate(receiver, 1):
        if count == COUNT:
            return


def repeat(call: Callable[[], object]) -> None:
    for _ in range(COUNT):
        call()


LOOPS: dict[str, Callable[[zmq.Socket, zmq.Socket], object]] = {
    "send": lambda s, r: repeat(lambda: s.send(b"x")),
    "send_string": lambda s, r: repeat(lambda: s.send_string("x")),
    "send_multipart": lambda s, r: repeat(lambda: s.send_multipart([b"x", b"y"])),
    "recv": lambda s, r: [r.recv() for _ in range(COUNT)],
    "recv_string": lambda s, r: [r.recv_string() for _ in range(COUNT)],
    "recv_multipart": lambda s, r: [r.recv_multipart() for _ in range(COUNT)],
    "recv_message": lambda s, r: [r.recv_message() for _ in range(COUNT)],
    "for": lambda s, r: receive_all(r),
    "poll": lambda s, r: [r.poll(0) for _ in range(COUNT)],
}


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.usefixtures("computing")
def test_a_loop_of_short_calls_waits_for_the_gil_at_few_of_them(loop: str, pair: Pair) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH, sndhwm=0, rcvhwm=0)
    sender.send_many([b"x"] * COUNT)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    LOOPS[loop](sender, receiver)
    waits = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before
    assert waits < COUNT / 10
