"""The processes of one cell: started, talked to line by line, and ended in any case.

Whoever waits for one of them watches them all, so that the failure of a sender is reported at once
and not as the receiver's silence. Each has a process group of its own: Ctrl-C reaches the runner
alone, which then ends them.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parent.parent

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})

PATIENCE: Final = 300.0
"""Seconds that an answer may take."""


class Failure(Exception):
    """What a process of a cell died of, or that it did not answer."""


class Child:
    """One process, whose answers are lines of JSON."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name = name
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115  # closed by end()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            process_group=0,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.input, self.output = self.process.stdin, self.process.stdout
        self._unread = b""

    def tell(self, line: str) -> None:
        """Send one line; a process that has died is noticed when its answer is read."""
        try:
            self.input.write(line.encode() + b"\n")
            self.input.flush()
        except BrokenPipeError:
            return

    def read(self) -> dict[str, Any] | None:
        """Read what is there; return the answer once it is complete."""
        data = os.read(self.output.fileno(), 65536)
        if not data:
            raise Failure(self._last_words())
        self._unread += data
        line, end, rest = self._unread.partition(b"\n")
        if not end:
            return None
        self._unread = rest
        answer: dict[str, Any] = json.loads(line)
        return answer

    def libzmq(self) -> str:
        """Name the file of the libzmq that it has loaded; empty if none."""
        return libzmq_in(Path(f"/proc/{self.process.pid}/maps").read_text())

    def _last_words(self) -> str:
        code = self.process.wait(PATIENCE)
        self.errors.seek(0)
        words = self.errors.read().decode(errors="replace").strip().splitlines()[-3:]
        return "\n  ".join([f"{self.name} ended with code {code}", *words])

    def end(self) -> None:
        """Kill it, whatever it does."""
        self.process.kill()
        self.process.wait()
        for file in (self.output, self.errors):
            file.close()
        try:
            self.input.close()
        except BrokenPipeError:  # of what was not flushed
            return


class Children:
    """The processes of a cell, ended at the end of a `with` block."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] = NOTHING
    ) -> Child:
        """Start a process, with some more variables in its environment."""
        child = Child(name, command, environment)
        self._children.append(child)
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def hear(self, *children: Child) -> list[dict[str, Any]]:
        """Wait for one answer of each of these.

        Raises:
            Failure: a process ended, or did not answer in time.
        """
        answers: dict[Child, dict[str, Any]] = {}
        deadline = time.monotonic() + PATIENCE
        while missing := [each for each in children if each not in answers]:
            ready = self._selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                names = ", ".join(each.name for each in missing)
                raise Failure(f"no answer in {PATIENCE:.0f} s from {names}")
            for key, _ in ready:
                answer = key.data.read()
                if answer is not None:
                    answers[key.data] = answer
        return [answers[each] for each in children]

    def ask(self, line: str) -> list[dict[str, Any]]:
        """Tell all of them the same, and return what each answered."""
        for each in self._children:
            each.tell(line)
        return self.hear(*self._children)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._selector.close()
        for each in self._children:
            each.end()


def libzmq_in(maps: str) -> str:
    """Find libzmq among what a process has mapped."""
    names = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "/libzmq" in line}
    return ", ".join(sorted(names))
