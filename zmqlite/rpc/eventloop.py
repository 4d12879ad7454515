"""What the drivers for asyncio want of an event loop: to be called for messages, and in time.

This is less than what a zmqlite.aio.Socket does, and so costs less for each message: there is one
reader, which takes what it gets at once, and sends never wait. libzmq's descriptor is
edge-triggered, and a send may take the edge, so `drain` is called after sends, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..aio.socket import Socket
from ..constants import DONTWAIT
from ..errors import ContextTerminated, SocketClosed
from ..transfer import PARTS
from . import wire
from .call import clock

AT_ONCE: Final = 64
"""Messages that are received before other callbacks of the event loop run."""


class Inbox:
    """Calls `take(parts, now)` for each message of a socket, and `done` after some of them.

    `ended` is called when the context was terminated.
    """

    __slots__ = (
        "_attempt",
        "_done",
        "_due",
        "_ended",
        "_fd",
        "_loop",
        "_send",
        "_take",
        "_watches",
    )

    def __init__(
        self,
        socket: Socket,
        take: Callable[[Any, int], object],
        done: Callable[[], object],
        ended: Callable[[], object],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._attempt = socket._blocking._attempt
        self._send = socket._blocking.send_multipart
        self._take, self._done, self._ended = take, done, ended
        self._due = False  # a call of drain
        # The end of the context, which may come before the descriptor is looked at, ends these.
        shared: Any = socket._watch.shared
        self._watches = shared.watches
        self._watches.add(self)
        # A duplicate, so that nobody else closes it while the event loop watches it.
        self._fd: int | None = os.dup(socket._blocking.fd)
        self._loop.add_reader(self._fd, self.drain)
        self._later()

    def send(self, frames: Sequence[Any]) -> None:
        """Send a message; Again if there is no room."""
        self._send(frames, DONTWAIT)
        if not self._due:
            self._later()

    def drain(self) -> None:
        """Take what is there, or some of it and the rest soon."""
        self._due = False
        attempt, take, now = self._attempt, self._take, clock()
        try:
            for _ in range(AT_ONCE):
                parts = attempt(PARTS, wire.PARTS)
                if parts is None:
                    break
                take(parts, now)
            else:
                self._later()
        except (SocketClosed, ContextTerminated):
            self._stop()
        else:
            self._done()

    def _later(self) -> None:
        if self._fd is not None:
            self._due = True
            self._loop.call_soon(self._drain_if_open)

    def _drain_if_open(self) -> None:
        if self._fd is not None:
            self.drain()

    def end(self) -> None:
        """Take note, in any thread, that the context has closed the socket."""
        with contextlib.suppress(RuntimeError):  # the event loop is closed
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._fd is not None:
            self.close()
            self._ended()

    def close(self) -> None:
        """No longer watch the socket; to be done before it is closed."""
        self._watches.discard(self)
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(RuntimeError):  # the event loop is closed
                self._loop.remove_reader(fd)
            os.close(fd)


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
