"""Waiting for several sockets and file descriptors at once."""

from __future__ import annotations

import os

from ._direct import poll
from ._zmq import ffi
from .arguments import INT_MAX, integer, milliseconds
from .constants import Event
from .errors import failure
from .socket import Socket
from .waiting import EVENTS, poll_events

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeAlias

    from ._zmq import CData

    class HasFileno(Protocol):
        """A file, a socket of the standard library, or anything else that is a file descriptor."""

        def fileno(self) -> int: ...

    class HasSocket(Protocol):
        """An object that has a Socket, such as a TypedSocket."""

        @property
        def socket(self) -> Socket: ...

    Pollable: TypeAlias = Socket | HasSocket | HasFileno | int

    # The first arguments of `poll`, and what they point to.
    _Arrays: TypeAlias = tuple[tuple[int, int, tuple[Pollable, ...]], tuple[CData, CData]]


class Poller:
    """A set of sockets and file descriptors, and what to wait for on each.

    Registering costs nothing per poll. One thread at a time, as for the sockets: while it polls,
    all registered sockets are in use.

    C: zmq_poll(3)
    """

    def __init__(self) -> None:
        self._wanted: dict[Pollable, int] = {}
        self._arrays: _Arrays | None = None  # None while a poll uses them
        self._changes = 0

    def register(self, item: Pollable, events: int = Event.POLLIN | Event.POLLOUT) -> None:
        """Wait for these events on a socket or descriptor from now on.

        A socket may also be an object whose `socket` it is, such as a TypedSocket. Registering
        again changes the events.

        Raises:
            ValueError: more items than the process may have descriptors.
        """
        if not isinstance(item, int) and not socket_of(item) and not hasattr(item, "fileno"):
            name = f"{type(item).__module__}.{type(item).__qualname__}".removeprefix("builtins.")
            raise TypeError(f"only sockets that block and descriptors can be polled, not {name}")
        most = os.sysconf("SC_OPEN_MAX")  # -1 without a limit
        if item not in self._wanted and len(self._wanted) == most:
            # libzmq aborts when the system refuses the list.
            raise ValueError(f"the system polls at most {most} items, see ulimit -n")
        self._wanted[item] = poll_events(events)
        self._change()

    def modify(self, item: Pollable, events: int) -> None:
        """Change what to wait for on something that is registered; KeyError if it is not."""
        self._require(item)
        self.register(item, events)

    def unregister(self, item: Pollable) -> None:
        """Forget a socket or descriptor, to be done before it is closed; KeyError if unknown."""
        self._require(item)
        del self._wanted[item]
        self._change()

    def __contains__(self, item: object) -> bool:
        return item in self._wanted

    def __len__(self) -> int:
        return len(self._wanted)

    def poll(self, timeout: int | None = None) -> list[tuple[Pollable, Event]]:
        """Wait for events, `timeout` milliseconds or for ever; return what happened where.

        The list is empty if the time ran out. POLLOUT does not always mean that the next send goes
        through: PUB, XPUB, XSUB, STREAM and ROUTER report it always. Signals are handled while it
        waits.

        Raises:
            SocketClosed, SocketBusy, ContextTerminated: of one of the sockets.
            ValueError: nothing is registered and the wait would be for ever.

        C: zmq_poll(3)
        """
        wait = milliseconds(timeout)
        if not self._wanted and wait < 0:
            raise ValueError("nothing is registered with the Poller, so nothing would end the wait")
        changes = self._changes
        # Taken away, so that another thread, or a signal handler, cannot write to the same.
        arrays, self._arrays = self._arrays or self._build(), None
        found = poll(*arrays[0], EVENTS, wait)
        if isinstance(found, int):
            raise failure(-found, "zmq_poll", self._culprit())
        if changes == self._changes:
            self._arrays = arrays
        return found

    def _require(self, item: Pollable) -> None:
        if item not in self._wanted:
            raise KeyError(f"{item!r} is not registered with this Poller")

    def _change(self) -> None:
        self._changes += 1
        self._arrays = None

    def _build(self) -> _Arrays:
        items = tuple(self._wanted)
        sockets = ffi.new("zl_socket *[]", len(items))
        native = ffi.new("zmq_pollitem_t[]", len(items))
        item: Any
        for index, item in enumerate(items):
            native[index].events = self._wanted[item]
            if socket := socket_of(item):
                sockets[index] = socket._pointer
            else:
                number = item if isinstance(item, int) else item.fileno()
                native[index].fd = integer(number, "a descriptor", 0, INT_MAX)
        return (_address(sockets), _address(native), items), (sockets, native)

    def _culprit(self) -> str | None:
        closed = [item for item in self._wanted if (socket := socket_of(item)) and socket.closed]
        return repr(closed[0]) if closed else None


def socket_of(item: object) -> Socket | None:
    """Return the Socket that an item is, or has as its `socket`; None for a descriptor."""
    if isinstance(item, Socket):
        return item
    socket = getattr(item, "socket", None)
    return socket if isinstance(socket, Socket) else None


def _address(array: CData) -> int:
    return int(ffi.cast("intptr_t", array))
