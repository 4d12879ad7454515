"""A loop of calls and a thread that computes in Python: what each reaches alone and together."""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
import time
from collections.abc import Callable
from typing import Final

from .. import processors
from ..calls.rows import Form
from ..calls.sockets import Pair
from .rows import CALLS, Rate

SECONDS: Final = 0.2
"""The time of a loop at most."""

ALONE: Final = 0.1
"""Seconds in which the computing thread runs alone."""

SPARE: Final = 2048
"""Messages that are queued beyond what a loop takes, since the last batch may take more."""

FUNCTION: Final = """
def run(deadline, most, {names}):
    {setup}
    done = 0
    while done < most and clock() < deadline:
        {loop}
    return done
"""


class Computing:
    """A thread that computes in Python until the end of a `with` block.

    Attributes:
        steps: how far it is.
    """

    def __init__(self, processor: int = processors.BESIDE) -> None:
        self.steps = 0
        self._processor = processor
        self._ended = False
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._compute)

    def _compute(self) -> None:
        processors.use(self._processor)
        value = 1
        self._begun.set()
        while not self._ended:
            for _ in itertools.repeat(None, 1000):
                value = value * 3 % 65537
            self.steps += 1

    def __enter__(self) -> Computing:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, *reason: object) -> None:
        self._ended = True
        self._thread.join()


@functools.cache
def compiled(form: Form, pair: Pair) -> Callable[[float, int], int]:
    """Compile a loop that ends at a time, or after so many messages; it returns how many."""
    loop = form.loop() if form.whole else f"count = {CALLS}\n{form.loop()}\ndone += count"
    return pair.function(FUNCTION, form.setup, loop, clock=time.perf_counter)


def run(
    row: Rate, form: Form, pair: Pair, part: float, other: Computing | None = None
) -> tuple[float, float]:
    """Run the loop; return messages/s, and the steps/s of the computing thread meanwhile."""
    loop, most = compiled(form, pair), round(row.most * part)
    if row.content:
        pair.fill(pair.contents[row.content], most + SPARE)
    pair.fill(pair.contents["frame"], row.standing)
    with other or contextlib.nullcontext():
        steps, start = (other.steps if other else 0), time.perf_counter()
        done = loop(start + SECONDS * part, most)
        taken = time.perf_counter() - start
        steps = (other.steps if other else 0) - steps
    pair.drain()
    return done / taken, steps / taken


def computing_alone(part: float) -> float:
    """Return the steps/s of the computing thread while nothing else runs."""
    with Computing() as other:
        steps, start = other.steps, time.perf_counter()
        while other.steps == steps:
            time.sleep(ALONE * part)
        return (other.steps - steps) / (time.perf_counter() - start)


def measure(row: Rate, form: Form, pair: Pair, part: float) -> dict[str, float]:
    """Return the rates of both threads, each alone and then together.

    `part` is of the usual messages and time.
    """
    alone, _ = run(row, form, pair, part)
    other_alone = computing_alone(part)
    together, other_together = run(row, form, pair, part, Computing())
    return {
        "alone": alone,
        "together": together,
        "other alone": other_alone,
        "other together": other_together,
    }
