"""Rounds: in each the implementations take turns, in rotating order, each in fresh processes."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from .cells import Cell
from .children import Children, Failure
from .compiled import compile_peer
from .peers import IMPLEMENTATIONS

START: Final = 100
"""Messages of the first run, which warms up."""

WARM: Final = 0.25
"""The part of the wanted time that a warm-up takes at least."""

Sample = dict[str, float]


@dataclass
class Measurements:
    """What the rounds of a cell gave, one sample a round for each implementation."""

    cell: Cell
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def values(self, implementation: str, metric: str) -> list[float]:
        """Return a metric's values, round by round."""
        return [sample[metric] for sample in self.samples[implementation]]


class Runner:
    """Measures cells; `seconds` is how long a run is to take."""

    def __init__(self, directory: Path, rounds: int, seconds: float) -> None:
        self.directory = directory
        self.rounds = rounds
        self.seconds = seconds
        self.libraries: dict[str, str] = {}  # by implementation, the file of its libzmq
        self._peer = compile_peer(directory)

    def measure(
        self, cell: Cell, implementations: Sequence[str], done: Callable[[], None]
    ) -> Measurements:
        """Measure a cell in all rounds; call `done` after every turn of an implementation."""
        found = Measurements(cell)
        for number in range(self.rounds):
            for name in rotated(implementations, number):
                if name not in found.failures:
                    try:
                        found.samples.setdefault(name, []).append(self._turn(cell, name))
                    except Failure as failure:
                        found.failures[name] = str(failure)
                        del found.samples[name]
                done()
        return found

    def _turn(self, cell: Cell, name: str) -> Sample:
        with tempfile.TemporaryDirectory(dir=self.directory) as place, Children() as children:
            self._start(children, cell, name, place)
            rate = self._warm_up(children, cell)
            used = total_cpu(children)
            count = whole(cell, rate * self.seconds)
            timed = slowest(children.ask(f"run {count}"))
            sample = {key: value for key, value in timed.items() if key not in ("count", "seconds")}
            sample["rate"] = timed["count"] / timed["seconds"]
            sample["cpu"] = (total_cpu(children) - used) / count
            return sample

    def _start(self, children: Children, cell: Cell, name: str, place: str) -> None:
        endpoints = {
            "inproc": "inproc://front inproc://back",
            "ipc": f"ipc://{place}/front ipc://{place}/back",
            "tcp": "tcp://127.0.0.1:* tcp://127.0.0.1:*",
        }[cell.transport]
        roles = cell.pattern.roles
        if cell.transport == "inproc":
            roles = ("+".join(roles),)
        for index, role in enumerate(roles):
            command = [*self._program(name), role, endpoints]
            command += map(str, (cell.size, cell.pattern.number, cell.hwm))
            child = children.start(f"{name}, {role} of {cell.name}", command)
            [answer] = children.hear(child)
            if index == 0:
                endpoints = " ".join(answer["endpoints"])
        self.libraries.setdefault(name, child.libzmq())

    def _program(self, name: str) -> list[str]:
        if IMPLEMENTATIONS[name].loops is None:
            return [str(self._peer)]
        return [sys.executable, "-m", "benchmarks.worker", name]

    def _warm_up(self, children: Children, cell: Cell) -> float:
        """Run more and more messages, until that takes long enough; return messages/s."""
        count = whole(cell, START)
        while True:
            start = time.monotonic()
            children.ask(f"run {count}")
            took = time.monotonic() - start
            if took >= self.seconds * WARM:
                return count / took
            count = whole(cell, count * min(10.0, self.seconds / took))


def whole(cell: Cell, count: float) -> int:
    """Round to what divides among the peers of a cell."""
    number = cell.pattern.number
    return max(1, round(count / number)) * number


def slowest(answers: Sequence[dict[str, Any]]) -> Sample:
    """Return the answer of those who timed, and of these the one who took longest."""
    return max((each for each in answers if each), key=lambda each: float(each["seconds"]))


def total_cpu(children: Children) -> float:
    """Return the seconds of processor time that all of them have used."""
    return sum(float(answer["cpu"]) for answer in children.ask("cpu"))


def rotated(names: Sequence[str], number: int) -> Iterator[str]:
    """Begin with another one in every round."""
    start = number % len(names)
    yield from names[start:]
    yield from names[:start]
