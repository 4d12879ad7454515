"""Poller, select and zmq_poll over the core's Poller."""

from __future__ import annotations

from .. import errors
from ..poll import Poller as CorePoller
from .constants import POLLERR, POLLIN, POLLOUT
from .error import translated
from .socket import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = ["Poller", "select"]


class Poller:
    """A set of sockets and descriptors, and what to wait for on each.

    `sockets` is the list of what is registered and its events. A descriptor is a number or an
    object that has `fileno()`; `poll` returns its number.

    C: zmq_poll(3)
    """

    def __init__(self) -> None:
        self.sockets: list[tuple[Any, int]] = []
        self._map: dict[Any, int] = {}
        self._core: CorePoller | None = None
        self._found: dict[Any, list[tuple[Any, int]]] = {}  # by what the core polls

    def __contains__(self, socket: Any) -> bool:
        return socket in self._map

    def register(self, socket: Any, flags: int = POLLIN | POLLOUT) -> None:
        """Wait for these events from now on; registering again changes them, and 0 forgets."""
        if flags:
            if socket in self._map:
                self.sockets[self._map[socket]] = (socket, flags)
            else:
                self._map[socket] = len(self.sockets)
                self.sockets.append((socket, flags))
        elif socket in self._map:
            self.unregister(socket)
        self._core = None

    def modify(self, socket: Any, flags: int = POLLIN | POLLOUT) -> None:
        """Change what to wait for."""
        self.register(socket, flags)

    def unregister(self, socket: Any) -> None:
        """Forget a socket or descriptor; KeyError if it is not registered."""
        index = self._map.pop(socket)
        self.sockets.pop(index)
        self._map = {each: number for number, (each, _) in enumerate(self.sockets)}
        self._core = None

    def poll(self, timeout: float | None = None) -> list[tuple[Any, int]]:
        """Wait for events, `timeout` milliseconds or for ever; return what happened where.

        A socket that was closed meanwhile is skipped.

        C: zmq_poll(3)
        """
        wait = -1 if timeout is None or timeout < 0 else int(timeout)
        while True:
            poller = self._core or self._build()
            if not len(poller) and wait < 0:
                return []
            try:
                events = poller.poll(wait)
                break
            except errors.SocketClosed:
                self._core = None
            except (errors.ZMQError, ValueError) as error:
                raise translated(error) from None
        return [
            (given, int(event) & flags)
            for item, event in events
            for given, flags in self._found[item]
            if event & flags
        ]

    def _build(self) -> CorePoller:
        poller = CorePoller()
        wanted: dict[Any, int] = {}
        self._found = {}
        for given, flags in self.sockets:
            item = given
            if isinstance(given, Socket):
                if given.closed:
                    continue
                item = given._core
            elif not isinstance(given, int):
                item = given = given.fileno()
            wanted[item] = wanted.get(item, 0) | flags
            if not isinstance(given, Socket):
                flags |= POLLERR  # reported of descriptors whether asked for or not
            self._found.setdefault(item, []).append((given, flags))
        for item, flags in wanted.items():
            poller.register(item, flags)
        self._core = poller
        return poller


def zmq_poll(sockets: Iterable[tuple[Any, int]], timeout: float = -1) -> list[tuple[Any, int]]:
    """Wait for events of pairs of a socket and flags, `timeout` milliseconds or for ever."""
    poller = Poller()
    for socket, flags in sockets:
        poller.register(socket, flags)
    return poller.poll(timeout)


def select(
    rlist: Iterable[Any], wlist: Iterable[Any], xlist: Iterable[Any], timeout: float | None = None
) -> tuple[list[Any], list[Any], list[Any]]:
    """Wait as `select.select` does, on sockets and descriptors; `timeout` is in seconds."""
    poller = Poller()
    lists = ((list(rlist), POLLIN), (list(wlist), POLLOUT), (list(xlist), POLLERR))
    wanted: dict[Any, int] = {}
    for items, flag in lists:
        for item in items:
            wanted[item] = wanted.get(item, 0) | flag
    for item, flags in wanted.items():
        poller.register(item, flags)
    wait = -1 if timeout is None or timeout < 0 else int(timeout * 1000)
    ready = dict(poller.poll(wait))
    readable, writable, failed = (
        [item for item in items if ready.get(_key(item), 0) & flag] for items, flag in lists
    )
    return readable, writable, failed


def _key(item: Any) -> Any:
    return item if isinstance(item, int | Socket) else item.fileno()
