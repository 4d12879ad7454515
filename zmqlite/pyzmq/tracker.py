"""MessageTracker: whether libzmq is done with the memory of messages."""

from __future__ import annotations

import time
from _weakref import ref

from .._direct import collect
from .error import NotDone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

POLL_INTERVAL: Final = 0.001
"""Seconds between two looks at what libzmq has given back, while waiting for it."""


class Lent:
    """Lives for as long as libzmq uses the memory of one frame."""

    __slots__ = ("__weakref__",)


class MessageTracker:
    """Tells whether libzmq is done with messages sent without a copy: their memory may be reused.

    It is made of Frames that were made with `track=True`, of other trackers, or of nothing, and
    then it is done. Any thread may use it.
    """

    def __init__(self, *towatch: Any) -> None:
        lent: list[ref[Lent]] = []
        for each in towatch:
            tracker = each if isinstance(each, MessageTracker) else getattr(each, "tracker", None)
            if tracker is None:
                raise ValueError(f"not tracked: {each!r}")
            lent += tracker._lent
        self._lent: list[ref[Lent]] = lent

    @classmethod
    def _of(cls, lent: Lent) -> MessageTracker:
        tracker = cls()
        tracker._lent = [ref(lent)]
        return tracker

    @property
    def done(self) -> bool:
        """Whether libzmq is done with all of the messages."""
        if self._lent:
            collect()  # drops what libzmq has given back
            self._lent = [each for each in self._lent if each() is not None]
        return not self._lent

    def wait(self, timeout: float | None = -1) -> None:
        """Wait until `done`, for `timeout` seconds or, if that is negative or None, for ever.

        Raises:
            NotDone: libzmq was not done in time.
        """
        wait = float("inf") if timeout is None or timeout < 0 else timeout
        deadline = time.monotonic() + wait
        while not self.done:
            if time.monotonic() >= deadline:
                raise NotDone
            time.sleep(POLL_INTERVAL)


_FINISHED_TRACKER: Final = MessageTracker()
"""The tracker of what was copied."""
