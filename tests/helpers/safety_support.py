"""Programs in processes of their own, with a deadline: what ends badly must not end the tests."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from checkout import ROOT
from support import eventually

PRELUDE = """
import gc, os, signal, socket, sys, threading, time, warnings
import zmqlite as zmq

# A program that a shell starts in the background ignores it, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)

def nowhere():
    "An endpoint that refuses every connection, for as long as the process lives."
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    kept.append(hole)
    return f"tcp://127.0.0.1:{hole.getsockname()[1]}"

kept = []

def say(*words):
    print(*words, flush=True)

def inside(socket):
    return repr(socket).startswith("<busy ")

def eventually(condition, deadline=10.0):
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.001)
"""
"""What every program starts with."""

DEADLINE = 20.0
"""Seconds for a program that nothing more is said about."""


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
    """A Python program, a text or a command, beside the tests; leaving `with` kills it."""

    def __init__(self, source: str | list[str], *arguments: str) -> None:
        if isinstance(source, str):
            program, directory = ["-c", PRELUDE + textwrap.dedent(source)], Path("/")
        else:
            program, directory = source, ROOT
        self.process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=directory,
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
            readable, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
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

    def wait_until_asleep(self) -> None:
        """Wait until its main thread waits for something, and goes on doing so."""
        eventually(lambda: all(self._asleep() for _ in range(20)))

    def _asleep(self) -> bool:
        time.sleep(0.001)
        with open(f"/proc/{self.process.pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"


def run(source: str | list[str], *arguments: str, deadline: float = DEADLINE) -> Ended:
    """Run a program to its end."""
    with Program(source, *arguments) as program:
        return program.end(deadline)
