"""One callback of an event loop, at the time that a protocol wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .call import clock


class Alarm:
    """A callback of the event loop at the time that a protocol wants; moved, seldom cancelled."""

    __slots__ = ("_callback", "_handle", "_loop", "_when")

    def __init__(self, callback: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None
        self._when = 0

    def set(self, due: int | None) -> None:
        """Call back when it is `due`, unless an earlier call is set, which will set this again."""
        if due is None or (self._handle is not None and self._when <= due):
            return
        if self._handle is not None:
            self._handle.cancel()
        self._when = due
        self._handle = self._loop.call_later(max(0, due - clock()) / 1000, self._ring)

    def _ring(self) -> None:
        self._handle = None
        self._callback()

    def stop(self) -> None:
        """No longer call back."""
        if self._handle is not None:
            self._handle.cancel()
