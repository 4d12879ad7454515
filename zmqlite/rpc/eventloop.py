"""What the drivers for asyncio want of an event loop: to be called for messages, and in time.

This is less than what the coroutines of a zmqlite.aio.Socket do, and so costs less for each
message: there is one reader, which takes what it gets at once, and sends never wait. libzmq's
descriptor is edge-triggered, and a send may take the edge, so `look` is called after sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from ..aio.readiness import IN
from ..aio.socket import Socket
from ..errors import ContextTerminated, SocketClosed
from ..transfer import PARTS
from . import wire
from .call import clock

AT_ONCE: Final = 64
"""Messages that are received before other callbacks of the event loop run."""


class Inbox:
    """Calls `take(parts, now)` for each message of a socket, and `done` after some of them.

    `ended` is called when the context has ended.
    """

    def __init__(
        self,
        socket: Socket,
        take: Callable[[Any, int], object],
        done: Callable[[], object],
        ended: Callable[[], object],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = socket
        self._take, self._done, self._ended = take, done, ended
        self._due = False  # a call of `_drain`
        self._closed = False
        socket._read(self._drain)
        self._later()

    def look(self) -> None:
        """Take what is there soon; to be called after sends, which may take the edge."""
        if not self._due and self._socket._polled() & IN:
            self._later()

    def close(self, linger: int | None = None) -> None:
        """Close the socket; nothing if it is closed."""
        self._closed = True
        self._socket.close(linger)

    def _drain(self) -> None:
        """Take what is there, or some of it and the rest soon."""
        self._due = False
        attempt, take, now = self._socket._attempt, self._take, clock()
        try:
            for _ in range(AT_ONCE):
                parts = attempt(PARTS, wire.PARTS)
                if parts is None:
                    break
                take(parts, now)
            else:
                self._later()
        except (SocketClosed, ContextTerminated):
            if not self._closed:
                self._closed = True
                self._ended()
        else:
            self._done()

    def _later(self) -> None:
        self._due = True
        self._loop.call_soon(self._drain)


class Alarm:
    """A callback of the event loop at the time that a protocol wants; moved, seldom cancelled."""

    def __init__(self, callback: Callable[[], object]) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback = callback
        self._handle: asyncio.TimerHandle | None = None
        self._when = 0

    def set(self, due: int | None) -> None:
        """Call back when it is `due`, unless an earlier call is set, which will set this again."""
        if due is None or (self._handle is not None and self._when <= due):
            return
        self.stop()
        self._when = due
        self._handle = self._loop.call_later(max(0, due - clock()) / 1000, self._ring)

    def _ring(self) -> None:
        self._handle = None
        self._callback()

    def stop(self) -> None:
        """No longer call back."""
        if self._handle is not None:
            self._handle.cancel()
