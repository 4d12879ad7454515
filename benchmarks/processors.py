"""A processor of its own for each of two threads, or of two processes.

A thread that waits for the GIL has to be woken before it can take it. On another processor that is
quick, and a loop of calls that give up the GIL loses it again and again. On the same processor the
loop usually takes it back first, so that the effect is hidden. Some systems put both there.

A sender and a receiver, each with a thread of libzmq's, are four threads. Where these move between
two processors, a rate depends on where they happen to be, and rounds are half again as far apart.
"""

from __future__ import annotations

import os
from typing import Final

_PROCESSORS: Final = sorted(os.sched_getaffinity(0))

CALLS: Final = 0
"""The processor of the thread that makes the calls."""

BESIDE: Final = 1
"""The processor of the thread beside it."""


def use(number: int, process: int = 0) -> None:
    """Keep the calling thread, or a process that begins, on one processor; the only one, if so."""
    os.sched_setaffinity(process, {_PROCESSORS[number % len(_PROCESSORS)]})
