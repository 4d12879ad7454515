"""Waiting for several sockets at once, in one task.

A task for each socket does without it, and is as fast. This is for a task that has to know which
of its sockets are ready before it takes anything, or whose sockets change while it runs.
"""

from __future__ import annotations

from ..constants import Event
from ..waiting import EVENTS, poll_events
from .readiness import BOTH, IN
from .socket import Socket
from .time_slice import Waiter


class Poller:
    """A set of sockets, and what to wait for on each.

    Descriptors are not taken: an event loop has `add_reader` for them.

    C: zmq_poll(3)
    """

    def __init__(self) -> None:
        self._wanted: dict[Socket, int] = {}

    def register(self, socket: Socket, events: int = Event.POLLIN | Event.POLLOUT) -> None:
        """Wait for these events on a socket from now on; again to change the events."""
        if not isinstance(socket, Socket):
            raise TypeError(
                f"a zmqlite.aio.Poller takes zmqlite.aio sockets, not {type(socket).__name__}"
            )
        wanted = poll_events(events) & BOTH
        if not wanted:
            raise ValueError("a socket is polled for POLLIN or POLLOUT")
        self._wanted[socket] = wanted

    def modify(self, socket: Socket, events: int) -> None:
        """Change what to wait for on a socket that is registered; KeyError if it is not."""
        self._require(socket)
        self.register(socket, events)

    def unregister(self, socket: Socket) -> None:
        """Forget a socket; KeyError if unknown."""
        self._require(socket)
        del self._wanted[socket]

    def __contains__(self, socket: object) -> bool:
        return socket in self._wanted

    def __len__(self) -> int:
        return len(self._wanted)

    async def poll(self) -> list[tuple[Socket, Event]]:
        """Wait for events; return what happened where, at least one.

        Sockets that are registered while it waits count from the next call on. POLLOUT does not
        always mean that the next send goes through: PUB, XPUB, XSUB, STREAM and ROUTER report it
        always.

        Raises:
            SocketClosed, ContextTerminated: of one of the sockets.
            ValueError: nothing is registered, so nothing would end the wait.
        """
        wanted = dict(self._wanted)
        if not wanted:
            raise ValueError("nothing is registered with the Poller, so nothing would end the wait")
        watches = [socket._watch for socket in wanted]
        await watches[0].pass_slice(IN)
        waiter = Waiter(watches[0].bind())
        try:
            for socket, events in wanted.items():
                socket._watch.add(waiter, events)
            while True:
                if found := _found(wanted):
                    return found
                await waiter.future
                waiter.renew()
        finally:
            for watch in watches:
                watch.discard(waiter)
                watch.look()

    def _require(self, socket: Socket) -> None:
        if socket not in self._wanted:
            raise KeyError(f"{socket!r} is not registered with this Poller")


def _found(wanted: dict[Socket, int]) -> list[tuple[Socket, Event]]:
    found = ((socket, socket._polled() & events) for socket, events in wanted.items())
    return [(socket, EVENTS[events]) for socket, events in found if events]
