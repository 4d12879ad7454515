"""A processor of its own for each of two threads.

A thread that waits for the GIL has to be woken before it can take it. On another processor that is
quick, and a loop of calls that give up the GIL loses it again and again. On the same processor the
loop usually takes it back first, so that the effect is hidden. Some systems put both there.
"""

from __future__ import annotations

import os
from typing import Final

_PROCESSORS: Final = sorted(os.sched_getaffinity(0))

CALLS: Final = 0
"""The processor of the thread that makes the calls."""

BESIDE: Final = 1
"""The processor of the thread beside it."""


def use(number: int) -> None:
    """Keep the calling thread on one processor; where there is only one, on that."""
    os.sched_setaffinity(0, {_PROCESSORS[number % len(_PROCESSORS)]})
