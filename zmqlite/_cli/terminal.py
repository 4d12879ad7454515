"""Exit codes and the errors that lead to them (0, and 1 to 3 as the classes say); tables and rates.

Tables and rates are drawn by rich on a terminal that has it, and are plain lines everywhere else.
"""

from __future__ import annotations

import errno
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any, Final

from ..constants import ENOCOMPATPROTO
from ..errors import Timeout

WRONG: Final = (errno.EINVAL, errno.EPROTONOSUPPORT, ENOCOMPATPROTO, errno.ENODEV)
"""Errors of libzmq that come from a wrong option or endpoint."""

CONTROL: Final = re.compile(r"[^\t\n -~\xa0-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]")
"""What a terminal may take for a command, or what reorders text."""


class Failed(Exception):
    """A command cannot go on; the text says why, in one line."""

    code = 1


class Wrong(Failed):
    """Options or input that cannot be used."""

    code = 2


class TimedOut(Failed):
    """Nothing happened within the time that was given."""

    code = 3


def code_of(error: Exception) -> int:
    """Return the exit code for an error."""
    if isinstance(error, Failed):
        return error.code
    kind = Wrong if getattr(error, "errno", None) in WRONG else Failed
    return (TimedOut if isinstance(error, Timeout) else kind).code


@contextmanager
def wrong_input(what: str = "") -> Iterator[None]:
    """Turn the errors that the library raises for wrong arguments, and files, into Wrong."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Wrong(f"{what}{error.with_traceback(None)}") from None
    except (FileNotFoundError, FileExistsError, IsADirectoryError, PermissionError) as error:
        named = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or error
        raise Wrong(f"{what}{named}") from None


def printable(text: str) -> str:
    """Return a text without what a terminal would obey."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


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


class Meter(ExitStack):
    """Counts messages and, if that is wanted, prints their rate to standard error.

    The time begins when the first message can be sent or received. On a terminal with rich it is
    one line that changes, elsewhere a line every second.
    """

    def __init__(self, wanted: bool, receives: bool) -> None:
        super().__init__()
        self.count, self._start, self._shown = 0, 0.0, 0.0
        self._verb = "received" if receives else "sent"
        self._show: Any = None
        if wanted:
            self._show = last = partial(print, file=sys.stderr, flush=True)
            self.callback(lambda: last(self._text()))
            if console := _rich(sys.stderr):
                self._show = self.enter_context(console.status("")).update

    def begin(self) -> None:
        """Begin to measure the time, unless it has begun."""
        if not self._start:
            self._start = self._shown = time.monotonic()

    def add(self, count: int) -> None:
        """Count messages; print the rate if the last time was a second ago."""
        self.count += count
        if self._show and (now := time.monotonic()) - self._shown >= 1:
            self._shown = now
            self._show(self._text())

    def _text(self) -> str:
        seconds = max(time.monotonic() - (self._start or time.monotonic()), 1e-9)
        rate = self.count / seconds
        return f"{self.count:,} messages {self._verb} in {seconds:.2f} s, {rate:,.0f}/s"
