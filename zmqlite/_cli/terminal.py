"""Tables and rates: by rich on a terminal that has it, as plain lines everywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any


def _rich(stream: IO[str]) -> Any:
    """Return a console of rich, the extra `cli`; None if the stream is no terminal."""
    if not stream.isatty() or find_spec("rich") is None:
        return None
    return import_module("rich.console").Console(file=stream)


def table(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows, aligned in columns."""
    if console := _rich(sys.stdout):
        shown = import_module("rich.table").Table(box=None, show_header=False)
        for row in rows:
            shown.add_row(*map(import_module("rich.text").Text, row))
        console.print(shown)
        return
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(map(str.ljust, row, widths)).rstrip())


class Meter:
    """Counts messages and, if that is wanted, prints their rate to standard error.

    The time begins when the first message can be sent or received. On a terminal with rich it is
    one line that changes, elsewhere a line every second.
    """

    def __init__(self, wanted: bool, receives: bool) -> None:
        self.count = 0
        self._wanted, self._verb = wanted, "received" if receives else "sent"
        self._start = self._shown = 0.0
        console = _rich(sys.stderr) if wanted else None
        self._status = console.status("") if console else None

    def begin(self) -> None:
        """Begin to measure the time, unless it has begun."""
        if not self._start:
            self._start = self._shown = time.monotonic()

    def add(self, count: int) -> None:
        """Count messages; print the rate if the last time was a second ago."""
        self.count += count
        if self._wanted and (now := time.monotonic()) - self._shown >= 1:
            self._shown = now
            self._show() if self._status is None else self._status.update(self._text())

    def _text(self) -> str:
        seconds = max(time.monotonic() - (self._start or time.monotonic()), 1e-9)
        rate = self.count / seconds
        return f"{self.count:,} messages {self._verb} in {seconds:.2f} s, {rate:,.0f}/s"

    def _show(self) -> None:
        print(self._text(), file=sys.stderr, flush=True)

    def __enter__(self) -> Meter:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()
        if self._wanted:
            self._show()
