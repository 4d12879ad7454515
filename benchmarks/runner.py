"""Rounds: in each the implementations alternate in rotating order, each in fresh processes."""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import zmqlite

from . import processors
from .cells import Cell
from .children import Children, Failure
from .compiled import compile_peer
from .peers import IMPLEMENTATIONS

START: Final = 100
"""Messages of the first run, which warms up."""

WARM: Final = 0.25
"""The part of the wanted time that a warm-up takes at least."""

PAIR: Final = 2
"""Processes that each have a processor of their own; more than two share them as they like."""

PAGE: Final = resource.getpagesize()

IMPORTS: Final = 5
"""Processes that measure an import, in each round; their median counts."""

IMPORT: Final = """
import os, sys
from time import perf_counter
sys.path[:] = {path!r}
start = perf_counter()
import {module}
print('{{"import": %f}}' % (perf_counter() - start), flush=True)
"""

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
        """Measure a cell in all rounds; call `done` after each implementation."""
        found = Measurements(cell)
        for number in range(self.rounds):
            for name in rotated(implementations, number):
                if name not in found.failures:
                    try:
                        found.samples.setdefault(name, []).append(self._sample(cell, name))
                    except Failure as failure:
                        found.failures[name] = str(failure)
                        del found.samples[name]
                done()
        return found

    def _sample(self, cell: Cell, name: str) -> Sample:
        if not cell.pattern.roles:
            return self._import(name)
        with tempfile.TemporaryDirectory(dir=self.directory) as place, Children() as children:
            self._start(children, cell, name, place)
            count = cell.pattern.count
            if count is None:
                count = whole(cell, self._warm_up(children, cell) * self.seconds)
            timed, used = run(children, count)
            while timed["count"] < count / 2:  # so few that most came with the first
                count *= 4
                timed, used = run(children, count)
            sample = {key: value for key, value in timed.items() if key not in ("count", "seconds")}
            sample["rate"] = timed["count"] / timed["seconds"]
            sample["cpu"] = used["cpu"] / count
            sample["copied"] = used["faults"] * PAGE / (count * cell.size)
            return sample

    def _start(self, children: Children, cell: Cell, name: str, place: str) -> None:
        endpoints = {
            "inproc": "inproc://front inproc://back",
            "ipc": f"ipc://{place}/front ipc://{place}/back",
            "tcp": "tcp://127.0.0.1:* tcp://127.0.0.1:*",
        }[cell.transport]
        for index, role in enumerate(cell.processes):
            command = [*self._program(name), role, endpoints]
            command += map(str, (cell.size, cell.number, cell.hwm))
            title = f"{name}, {role} of {cell.name}"
            child = children.start(title, command, cell.pattern.environment)
            if len(cell.processes) == PAIR:
                processors.use(index, child.process.pid)
            [answer] = children.hear(child)
            if index == 0:
                endpoints = " ".join(answer["endpoints"])
        self.libraries.setdefault(name, child.libzmq() or "none")

    def _import(self, name: str) -> Sample:
        # With compiled modules, as installed packages have them, and without `site`: it loads `os`,
        # but where packages are installed to be edited half of what they import, too.
        program = IMPORT.format(
            path=[*sys.path, str(Path(zmqlite.__file__).parent.parent)],
            module=IMPLEMENTATIONS[name].needs,
        )
        command = [sys.executable, "-I", "-S", "-X", f"pycache_prefix={self.directory}/cache"]
        times = []
        for _ in range(1 + IMPORTS):  # the first one compiles
            with Children() as children:
                child = children.start(f"import of {name}", [*command, "-c", program])
                times.append(children.hear(child)[0]["import"])
        return {"import": statistics.median(times[1:])}

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
    return max(1, round(count / cell.number)) * cell.number


def run(children: Children, count: int) -> tuple[Sample, Sample]:
    """Have them handle `count` messages; return what was timed, and what that used."""
    before = usage(children)
    timed = slowest(children.ask(f"run {count}"))
    return timed, {key: value - before[key] for key, value in usage(children).items()}


def slowest(answers: Sequence[dict[str, Any]]) -> Sample:
    """Return the answer of those who timed, and of these the one who took longest."""
    return max((each for each in answers if each), key=lambda each: float(each["seconds"]))


def usage(children: Children) -> Sample:
    """Return the seconds of processor time and the page faults of all of them."""
    answers = children.ask("usage")
    return {key: sum(float(answer[key]) for answer in answers) for key in ("cpu", "faults")}


def rotated(names: Sequence[str], number: int) -> Iterator[str]:
    """Begin with another one in every round."""
    start = number % len(names)
    yield from names[start:]
    yield from names[:start]
