"""What the programs in this folder share: arguments, one line of counts, an end for what hangs."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

DEADLINE = 10.0
"""Seconds after which something that has to happen is taken not to happen."""

PATIENCE = 5
"""How many times its seconds a program gets under a sanitizer, before its end is forced."""


def begin(description: str | None, seconds: float, **options: dict[str, Any]) -> argparse.Namespace:
    """Read the arguments, and see to it that the program ends with tracebacks if it hangs."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=seconds, help="how long (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="for random choices (%(default)s)")
    for name, option in options.items():
        parser.add_argument(f"--{name}", **option)
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    faulthandler.dump_traceback_later(60 + PATIENCE * arguments.seconds, exit=True)
    return arguments


def end(counts: dict[str, object], faults: dict[str, int]) -> NoReturn:
    """Print all counts in one line, and exit with 1 unless all faults are 0."""
    name = Path(sys.argv[0]).stem
    print(name, *(f"{key}={value}" for key, value in {**counts, **faults}.items()), flush=True)
    faulthandler.cancel_dump_traceback_later()
    sys.exit(any(faults.values()))


def eventually(condition: Callable[[], object], seconds: float = DEADLINE) -> bool:
    """Wait until a condition holds, and collect garbage meanwhile; whether it did in time."""
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        gc.collect()
        time.sleep(0.005)
    return True


def resident(process: int | str = "self") -> float:
    """The memory that a process has in use, in MiB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


class Sequence:
    """Numbers that have to come once each, from 0 on, in any order or in this one."""

    def __init__(self) -> None:
        self.next = 0
        self.doubled = self.reordered = 0
        self._early: set[int] = set()

    def add(self, number: int) -> None:
        if number == self.next:
            self.next += 1
            while self.next in self._early:
                self._early.remove(self.next)
                self.next += 1
        elif number < self.next or number in self._early:
            self.doubled += 1
        else:
            self.reordered += 1
            self._early.add(number)

    def lost(self, sent: int) -> int:
        """How many of the numbers below `sent` did not come."""
        return sent - self.next - len(self._early)
