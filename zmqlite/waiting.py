"""Waiting in C: with signals handled, and without a timeout stretched by them."""

from __future__ import annotations

import errno
import functools
import time

from ._zmq import lib
from .constants import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

events_of: Final = functools.cache(Event)
"""The set of events of a mask: making one anew costs more than a poll."""

_SLICE: Final = lib.ZL_SLICE


def until(attempt: Callable[[int], int], timeout: int) -> int:
    """Make `attempt(ms)` until it ends for another reason than a signal; return its code.

    The interpreter runs its signal handlers between two attempts; one that raises ends the wait.
    `timeout` is in milliseconds; what is not positive is passed on as it is.
    """
    start = time.monotonic()
    left = timeout
    while (code := attempt(left)) == -errno.EINTR:
        if timeout > 0:
            left = remaining(start, timeout)
    return code


def until_ready(poll: Callable[[int], int], timeout: int) -> int:
    """Make `poll(ms)` until it finds something or the time is over; return its code.

    In slices, since a signal that arrives just before a poll falls asleep does not wake it.
    """
    start = time.monotonic()
    left = timeout
    while True:
        code = poll(left if 0 <= left < _SLICE else _SLICE)
        if code not in (0, -errno.EINTR):
            return code
        if timeout >= 0:
            left = remaining(start, timeout)
            if left == 0 and code == 0:
                return 0


def remaining(start: float, timeout: int) -> int:
    """Return what is left at this moment of a timeout that began at `start`; -1 stays for ever."""
    return timeout if timeout < 0 else max(0, timeout - int((time.monotonic() - start) * 1000))


def poll_events(events: int) -> int:
    """Return a mask of events for C."""
    if not isinstance(events, int):
        raise TypeError(f"events are POLLIN, POLLOUT ..., not {type(events).__name__}")
    if not 0 < events < 16:
        raise ValueError(f"events are POLLIN, POLLOUT, POLLERR and POLLPRI, not {int(events):#x}")
    return int(events)
