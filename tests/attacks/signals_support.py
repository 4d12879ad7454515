"""What the two halves of storm_signals share: the timer, numbered messages, what went wrong."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable
from typing import Any

import zmqlite as zmq

INTERVAL = 0.00025  # seconds between two signals
END = b"end"
SHORT, LONG = b"." * 6, b"." * 100_000
EVERY = 200  # one message in so many is long


class Interrupted(Exception):
    """What the handler raises."""


IN_A_ROW = 20


class Storm:
    """The timer, and a handler that raises once each time that it was armed.

    After so many in a row it lets one attempt be: on a slow machine, or under a sanitizer, one may
    take longer than the timer, and none would ever succeed.
    """

    def __init__(self, mode: str) -> None:
        self.armed = False
        self.signals = self.raised = 0
        self.in_a_row = 0  # set back by whoever sees an attempt succeed
        self._raises = mode != "receive"
        self.receive: Callable[[], object] | None = None  # for a handler that receives
        self.served: list[Any] = []
        signal.signal(signal.SIGALRM, self._handle)

    def begin(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

    def end(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.armed = False

    def _handle(self, *_: object) -> None:
        self.signals += 1
        if self.receive is not None:
            with contextlib.suppress(zmq.Again, zmq.SocketBusy):
                self.served.append(self.receive())
        if self.armed and self._raises and self.in_a_row < IN_A_ROW:
            self.armed = False
            self.in_a_row += 1
            self.raised += 1
            raise Interrupted


class Faults:
    """What must not happen, over all forms."""

    def __init__(self) -> None:
        self.counts = {"lost": 0, "doubled": 0, "torn": 0, "reordered": 0, "masked": 0}
        self.where: set[str] = set()

    def add(self, form: str, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] += count
            if count:
                self.where.add(f"{form}:{name}")


def content(number: int) -> bytes:
    return b"%010d" % number + (SHORT if number % EVERY else LONG)


def number_in(frame: bytes) -> int:
    """The number of a message, -1 if it is torn."""
    head = frame[:10]
    return int(head) if head.isdigit() and frame == content(int(head)) else -1


def parts(number: int) -> list[bytes]:
    """A message of several frames that belong together."""
    return [b"%010d" % number, b"", content(number)]


def pair(context: zmq.Context, transport: str) -> tuple[zmq.Socket, zmq.Socket]:
    """A PULL socket and the PUSH socket that feeds it."""
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    wildcard = {"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*", "inproc": "inproc://storm"}
    sender.connect(receiver.bind(wildcard[transport]))
    return receiver, sender
