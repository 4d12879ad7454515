"""The launcher of the examples as a program to test: what it prints and what it leaves behind.

What the processes of a scenario printed is read from its output, line by line, and everything that
it starts is found by the temporary directory that it inherits.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from checkout import ROOT

LIMIT = 120  # seconds for a scenario, most of which take less than one


PROGRAMS = ROOT / "tests" / "guide" / "programs"


class Result(NamedTuple):
    """How a run of the launcher ended: its exit code, its own words, and those of each process."""

    code: int
    own: list[str]
    printed: dict[str, list[str]]


class Place:
    """A directory to run the launcher in, and what is there of its processes."""

    def __init__(self, path: Path) -> None:
        self.temporary = path / "temporary"
        self.temporary.mkdir()
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(PROGRAMS)]),
            "PYTHONWARNINGS": "error",
            "TMPDIR": str(self.temporary),
        }

    @contextmanager
    def start(
        self, *arguments: str, stdout: int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[str]]:
        """Start Python, and end it and what it started if the test fails."""
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.temporary,
            env=self.environment,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()
                process.wait(LIMIT)

    def run(self, *arguments: str) -> Result:
        """Run Python to its end, and take its output apart."""
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=LIMIT)
        assert self.is_clean()
        own: list[str] = []
        printed: dict[str, list[str]] = {}
        for line in output.splitlines():
            name, bar, text = line.partition(" | ")
            if bar and not text.startswith("$ "):
                printed.setdefault(name.rstrip(), []).append(text)
            elif not bar:
                own.append(line)
        return Result(process.returncode, own, printed)

    def is_clean(self) -> bool:
        """Whether no process and no file was left behind."""
        return not self.processes() and not list(self.temporary.iterdir())

    def processes(self) -> list[str]:
        """The command lines of the processes that were started here and are still there."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if os.fsencode(f"TMPDIR={self.temporary}") in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text())
            except OSError:  # it has just ended, or belongs to somebody else
                continue
        return found

    def scenario(self, name: str) -> Result:
        """Run a scenario of the tests' own."""
        return self.run(str(PROGRAMS / "own.py"), name)
