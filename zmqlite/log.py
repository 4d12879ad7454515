"""What happens to the sockets of a context, written to the loggers of `logging`.

    zmqlite.connections   DEBUG    connections, listeners and finished handshakes
    zmqlite.failures      WARNING  handshakes that failed, and connections tried again and again
    zmqlite.ends          WARNING  sockets never closed, messages that may have been dropped

Lines of zmqlite.failures are limited: one for each socket, endpoint and kind in 10 seconds, which
says how many there were. A thread writes them, so a slow handler delays no socket and not the hub.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from .constants import MonitorEvent
from .errors import ContextTerminated, SocketClosed, ZMQError
from .monitor import decode

if TYPE_CHECKING:
    from .hub import Hub, Receiver
    from .monitor import SocketEvent

INTERVAL: Final = 10_000
"""Milliseconds between two lines about the same failure."""

RETRIES: Final = 5
"""How often connecting is tried again before the first line about it."""

QUEUE: Final = 10_000
"""Events that wait for the thread that writes the lines."""

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_LOGGER: Final = logging.getLogger("zmqlite")
_CONNECTIONS: Final = logging.getLogger("zmqlite.connections")
_FAILURES: Final = logging.getLogger("zmqlite.failures")
_ENDS: Final = logging.getLogger("zmqlite.ends")


def configure(level: str) -> None:
    """Switch logging on, as the environment variable ZMQLITE_LOG asks; nothing if it is on."""
    if _LOGGER.level:
        return
    number = logging.getLevelNamesMapping().get(level.upper())
    _LOGGER.setLevel(number or logging.WARNING)
    if not _LOGGER.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(FORMAT))
        _LOGGER.addHandler(handler)
    if number is None:
        _LOGGER.warning("ZMQLITE_LOG is debug, info, warning or error, not %r", level)


def wanted() -> bool:
    """Whether the logger has a level of its own that lets warnings through."""
    return bool(_LOGGER.level) and _LOGGER.isEnabledFor(logging.WARNING)


def start(hub: Hub) -> None:
    """Write lines about all sockets of a context from now on."""
    try:
        receiver = hub.receiver(None, MonitorEvent.ALL, QUEUE)
    except ZMQError as error:
        _LOGGER.warning("the events of sockets are not logged: %s", error)
        return
    threading.Thread(target=_run, args=(receiver,), name="zmqlite.log", daemon=True).start()


def ended(text: str) -> None:
    """Write that an end has lost something, or was left to the garbage collector."""
    _ENDS.warning(text)


class Lines:
    """Which event becomes which line: warnings are counted, and limited in time."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], list[float]] = {}  # how many, and since when

    def line(self, event: SocketEvent, now: float) -> tuple[logging.Logger, int, str] | None:
        """Return logger, level and text for an event at `now` seconds; None for no line."""
        if event.event == MonitorEvent.HANDSHAKE_SUCCEEDED:
            self._counts.pop((event.socket, event.endpoint, "retries"), None)
        if event.event == MonitorEvent.CONNECT_RETRIED:
            return self._limited(event, "retries", RETRIES, now) or self._debug(event)
        if event.cause:
            return self._limited(event, "failures", 1, now)
        if event.event == MonitorEvent.MONITOR_STOPPED:
            for key in [key for key in self._counts if key[0] == event.socket]:
                del self._counts[key]
        return self._debug(event)

    def _debug(self, event: SocketEvent) -> tuple[logging.Logger, int, str]:
        return _CONNECTIONS, logging.DEBUG, str(event)

    def _limited(
        self, event: SocketEvent, what: str, least: int, now: float
    ) -> tuple[logging.Logger, int, str] | None:
        """Return a line if enough has happened and the last line is long enough ago."""
        count = self._counts.setdefault((event.socket, event.endpoint, what), [0, -INTERVAL])
        count[0] += 1
        if count[0] < least or (now - count[1]) * 1000 < INTERVAL:
            return None
        number, count[0], count[1] = int(count[0]), 0, now
        times = f" ({number} times since the last line)" if number > 1 else ""
        return _FAILURES, logging.WARNING, f"{event}{times}"


def _run(receiver: Receiver) -> None:
    lines = Lines()
    dropped = 0
    try:
        while True:
            line = lines.line(decode(receiver.recv_multipart()), time.monotonic())
            if line is not None:
                logger, level, text = line
                logger.log(level, "%s", text)
            if receiver.feed.dropped > dropped:
                dropped = receiver.feed.dropped
                _LOGGER.warning("%d events were dropped, since logging was too slow", dropped)
    except (ContextTerminated, SocketClosed):
        receiver.close()
