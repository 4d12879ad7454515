"""Programs of the examples, each in a process of its own, for a test to talk to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Protocol

from checkout import ROOT
from support import DEADLINE, Task

from examples.guide.basics import Api

OWN = ROOT / "tests" / "guide" / "programs"

PATIENCE = 3 * DEADLINE
"""Seconds after which a program, which first has to start, is taken not to do what it has to."""
WAIT = int(PATIENCE * 1000)
"""The same in milliseconds, for its messages."""


class Program:
    """A program that runs: what it prints, line by line, and how it ends."""

    def __init__(self, command: list[str], directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input = self.process.stdin
        self._output = self.process.stdout

    def type(self, line: str = "") -> None:
        """Type a line, and press the Enter key."""
        self._input.write(f"{line}\n")
        self._input.flush()

    def end_input(self) -> None:
        """Leave it without a keyboard."""
        self._input.close()

    def line(self) -> str:
        """The next line that it prints."""
        return Task(self._output.readline).result(PATIENCE).removesuffix("\n")

    def rest(self) -> list[str]:
        """What it prints until it ends, which it must do by itself and well."""
        return self.fail(0)

    def fail(self, code: int = 1) -> list[str]:
        """What it prints until it ends, which it must do by itself, with this exit code."""
        lines = Task(self._output.read).result(PATIENCE).splitlines()
        assert self.process.wait(PATIENCE) == code, lines
        return lines

    def until(self, *patterns: str) -> list[str]:
        """What it prints until each of these regular expressions has matched a line."""
        lines: list[str] = []
        missing = set(patterns)
        while missing:
            lines.append(self.line())
            assert lines[-1] or self.process.poll() is None, lines
            missing -= {each for each in missing if re.fullmatch(each, lines[-1])}
        return lines

    def end(self, number: signal.Signals = signal.SIGINT) -> list[str]:
        """Send it a signal; what it prints until it ends, which it must do well."""
        self.process.send_signal(number)
        return self.rest()

    def kill(self) -> None:
        """End it in any case."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self._input.close()
        self._output.close()


class Programs:
    """The programs of one test, which are all of one package, and their ports."""

    def __init__(self, directory: Path, package: str) -> None:
        self.directory = directory
        self.package = package
        self._running: list[Program] = []
        self._keepers: list[socket.socket] = []

    def start(self, name: str, *arguments: str, **options: object) -> Program:
        """Start a program; options are those of its main."""
        words = [word for key, value in options.items() for word in (f"--{key}", str(value))]
        return self._start("-m", f"{self.package}.{name}", *arguments, *words)

    def own(self, name: str, *arguments: str) -> Program:
        """Start a program of the tests' own."""
        return self._start(str(OWN / f"{name}.py"), *arguments)

    def _start(self, *command: str) -> Program:
        self._running.append(Program(list(command), self.directory))
        return self._running[-1]

    def port(self) -> str:
        """An endpoint that nobody else is given, and that libzmq can bind all the same."""
        keeper = socket.socket()
        self._keepers.append(keeper)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{keeper.getsockname()[1]}"

    def close(self) -> None:
        """Leave no process behind."""
        for program in self._running:
            program.kill()
        for keeper in self._keepers:
            keeper.close()


class ProgramsOf(Protocol):
    """The fixture `programs_of`."""

    def __call__(self, api: Api, chapter: str) -> Programs: ...
