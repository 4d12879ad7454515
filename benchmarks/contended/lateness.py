"""How late a thread that sleeps a millisecond wakes, beside what another thread does meanwhile.

A thread that wakes needs the GIL. A loop in Python hands it over after the switch interval, but one
call into libzmq that keeps it cannot be interrupted. Some calls take long: a SUB passes over all
messages that it did not subscribe to, a REP over all requests that are malformed. So a peer that
sends many of these decides how long one receive takes.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from .. import processors
from ..calls.sockets import Named
from .rates import Computing
from .rows import CALLS, Late

SLEEP: Final = 0.001

SECONDS: Final = 0.2
"""The time of a loop at most."""

FLOOD: Final = 600_000
"""Messages that one call has to pass over."""

MESSAGES: Final = 200_000

RECEIVING: Final = """
def run(most, deadline, {names}):
    {setup}
    done = 0
    while done < most and clock() < deadline:
        {loop}
"""

_numbers = itertools.count()


class Sleeper:
    """A thread that sleeps again and again until the end of a `with` block.

    Attributes:
        late: milliseconds by which each sleep was too long.
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self._ended = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._sleep)

    def _sleep(self) -> None:
        processors.use(processors.BESIDE)
        while not self._ended:
            self._begun.set()
            start = time.perf_counter()
            time.sleep(SLEEP)
            self.late.append((time.perf_counter() - start - SLEEP) * 1e3)

    def __enter__(self) -> Sleeper:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended = True
        self._thread.join()


def idle(row: Late, pair: Named, part: float) -> list[float]:
    """Do nothing."""
    with Sleeper() as sleeper:
        time.sleep(SECONDS * part)
    return sleeper.late


def compute(row: Late, pair: Named, part: float) -> list[float]:
    """Compute in Python, in one more thread."""
    with Computing(processors.CALLS), Sleeper() as sleeper:
        time.sleep(SECONDS * part)
    return sleeper.late


def receive(row: Late, pair: Named, part: float) -> list[float]:
    """Receive from a queue that never gets empty."""
    loop = f"for _ in repeat(None, {CALLS}):\n    {row.statement}\ndone += {CALLS}"
    run = pair.function(RECEIVING, "", loop, clock=time.perf_counter)
    most = round(MESSAGES * part)
    pair.fill(pair.contents["frame"], most + CALLS)
    with Sleeper() as sleeper:
        run(most, time.perf_counter() + SECONDS * part)
    pair.drain()
    return sleeper.late


def unwanted(row: Late, pair: Named, part: float) -> list[float]:
    """Make one call on a SUB whose peer sends what it did not subscribe to."""
    zmq = pair.zmq
    with pair.socket(zmq.XPUB) as publisher, pair.socket(zmq.SUB) as subscriber:
        publisher.xpub_manual = True
        connect(publisher, subscriber)
        subscriber.subscribe(b"wanted")
        publisher.recv()
        publisher.subscribe(b"")  # in its place: the peer gets all
        send = publisher.send
        for _ in range(round(FLOOD * part)):
            send(b"unwanted")
        send(b"wanted")
        with Sleeper() as sleeper:
            if row.statement == "poll":
                subscriber.poll(0)
            received = subscriber.recv()
        expect(received, b"wanted")
    return sleeper.late


def malformed(row: Late, pair: Named, part: float) -> list[float]:
    """Make one call on a REP whose peer sends requests without an empty frame."""
    zmq = pair.zmq
    with pair.socket(zmq.DEALER) as client, pair.socket(zmq.REP) as server:
        connect(server, client)
        send = client.send
        for _ in range(round(FLOOD * part)):
            send(b"malformed")
        client.send_multipart([b"", b"request"])
        with Sleeper() as sleeper:
            received = server.recv()
        expect(received, b"request")
    return sleeper.late


def connect(binding: Any, connecting: Any) -> None:
    """Connect two sockets over inproc."""
    endpoint = f"inproc://late.{next(_numbers)}"
    binding.bind(endpoint)
    connecting.connect(endpoint)


def expect(received: bytes, wanted: bytes) -> None:
    """Check that a call has passed over everything before the message that it had to return."""
    if received != wanted:
        raise AssertionError(f"received {received!r} instead of {wanted!r}")


SCENES: Final[dict[str, Callable[[Late, Named, float], list[float]]]] = {
    "idle": idle,
    "compute": compute,
    "receive": receive,
    "unwanted": unwanted,
    "malformed": malformed,
}
