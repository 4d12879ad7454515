"""How much of a batch was sent when `send_many` ended early: what `sent` tells its caller."""

from __future__ import annotations

from typing import Final

from ..errors import Again

_SENT: Final = "_zmqlite_sent"


def partly_sent(error: BaseException, count: int, flags: int) -> int:
    """Return how many messages were sent, if DONTWAIT ended the batch; else attach and raise."""
    if count and flags and isinstance(error, Again):
        return count
    setattr(error, _SENT, count)
    raise error


def sent(error: BaseException) -> int:
    """Return how many messages a `send_many` had sent when it raised this error.

    The error may also be the TimeoutError that asyncio.timeout makes of a CancelledError.
    """
    count: int = getattr(error, _SENT, getattr(error.__cause__, _SENT, 0))
    return count
