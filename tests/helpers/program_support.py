"""Programs in processes of their own, with a deadline: what ends badly must not end the tests.

Each is a function of a file in a folder `programs`: "safety/ends" is tests/safety/programs/ends.py.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from checkout import ROOT
from support import eventually

DEADLINE = 20.0
"""Seconds for a program that nothing more is said about."""

QUICKLY = 0.2
"""Seconds from a signal to the exception or the end that it causes."""

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""


class Ended(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str

    def succeeded(self) -> str:
        """What the program printed, if it ended well and without a complaint."""
        assert (self.code, self.err) == (0, ""), self
        return self.out


class Program:
    """A program that runs beside the tests; leaving the `with` block kills it."""

    def __init__(self, program: str, *arguments: object, python: tuple[str, ...] = ()) -> None:
        folder, _, name = program.rpartition("/")
        path = ROOT / "tests" / folder / "programs" / f"{name}.py"
        self.process = subprocess.Popen(
            [sys.executable, *python, path, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
            start_new_session=True,
        )
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with self.process:
            pass

    def line(self, deadline: float = DEADLINE) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        end = time.monotonic() + deadline
        while b"\n" not in self._read:
            left = max(0, end - time.monotonic())
            readable, _, _ = select.select([self.process.stdout], [], [], left)
            assert readable, f"it printed {self._read!r} and no line"
            new = os.read(self.process.stdout.fileno(), 65536)
            assert new, self.end()
            self._read += new
        line, _, self._read = self._read.partition(b"\n")
        return line.decode()

    def end(self, deadline: float = DEADLINE) -> Ended:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=deadline)
        return Ended(self.process.returncode, (self._read + out).decode(), err.decode())

    def send_signal(self, number: signal.Signals) -> float:
        """Send a signal; when that was, on the clock that all processes share."""
        now = time.monotonic()
        os.kill(self.process.pid, number)
        return now

    def reaction(self, number: signal.Signals) -> float:
        """Send a signal once it sleeps; the seconds until the time that it then prints."""
        self.wait_until_asleep()
        sent = self.send_signal(number)
        return float(self.line()) - sent

    def wait_until_asleep(self) -> None:
        """Wait until its main thread waits for something, and goes on doing so."""
        eventually(lambda: all(self._asleep() for _ in range(20)))

    def _asleep(self) -> bool:
        time.sleep(0.001)
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"


def run(
    program: str, *arguments: object, python: tuple[str, ...] = (), deadline: float = DEADLINE
) -> Ended:
    """Run a program to its end."""
    with Program(program, *arguments, python=python) as running:
        return running.end(deadline)


def said(program: str, *arguments: object, deadline: float = DEADLINE) -> str:
    """What a program prints that ends well and without a complaint."""
    return run(program, *arguments, deadline=deadline).succeeded()
