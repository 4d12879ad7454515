"""What a broker knows of calls, of servers and of services. No sockets, no time.

A Queue is a service: the servers that have it, by their room, and the calls that wait for one. Room
is how many more calls a server takes. It changes by one as a call begins or ends, so the server
with the most is found without looking at the others, however many there are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from . import wire
from .asked import Asked


class BrokerCall(Asked):
    """A call that has not ended. `member` is the server that was given it; None if it waits."""

    deadline: int | None = None
    handed: int = 0  # when a server was given it
    member: Member | None = None
    last: bytes | list[bytes] = b""
    """The incarnation of the last server that was given it; or the answer, if this says that the
    call was not executed: then it must not be executed any more, and a duplicate is answered so."""
    begun: bool = False  # the client has got items
    doubtful: bool = False  # a server that is gone may have executed it
    lost: bool = False  # its client could not be reached

    def __init__(
        self, parts: list[Any], said: wire.Said, name: bytes, queue: Queue, who: Any, now: int
    ) -> None:
        self.id: Final = name
        self.routes: list[bytes] = [parts[0]]  # of its client
        self.head: Final = memoryview(parts[1]).tobytes()
        self.frames: Final = parts[2:]  # payload, attachments
        self.said: Final = said
        self.queue: Final = queue
        self.who: Final[str | bytes] = who  # whose limit it counts for
        self.start: Final = now

    @property
    def repeatable(self) -> bool:
        """Whether it may be executed again, as far as servers have said so by now."""
        return self.said.method in self.queue.repeatable


class Member:
    """A server that has registered."""

    def __init__(self, route: bytes, incarnation: bytes, user: str | None) -> None:
        self.route: Final = route
        self.incarnation: Final = incarnation
        self.named: Final = wire.incarnation_field(incarnation)
        self.user: Final = user
        self.queues: list[Queue] = []
        self.files: Sequence[bytes] = ()  # that describe its services
        self.takes: int = 0  # calls at once; 0 if it gets no more for now
        self.calls: dict[bytes, BrokerCall] = {}

    @property
    def room(self) -> int:
        """How many more calls it takes; not above 0 if it has no room."""
        return self.takes - len(self.calls)

    def serve(self, queues: Iterable[Queue], takes: int) -> None:
        """Be a server of these services, and of no other ones, for so many calls at once."""
        for queue in self.queues:
            queue.place(self, 0)
        self.queues, self.takes = [*queues], takes
        for queue in self.queues:
            queue.place(self, self.room)

    def stop(self) -> None:
        """Have no room until it registers again."""
        self.takes = 0

    def free(self) -> None:
        """Take note that a call has left."""
        room = self.room
        for queue in self.queues:
            if room > queue.places.get(self, 0):
                queue.place(self, room)

    def first(self) -> Queue | None:
        """Return the service whose first call has waited longest; None if no call waits."""
        firsts = (next(iter(queue.waiting.values())) for queue in self.queues if queue.waiting)
        call = min(firsts, key=lambda call: call.start, default=None)
        return None if call is None else call.queue


class Queue:
    """One service: its servers that have room, the calls that wait for one, and counts."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.waiting: OrderedDict[bytes, BrokerCall] = OrderedDict()
        self.repeatable: frozenset[str] = frozenset()
        self.calls: int = 0  # that have ended
        self.failed: int = 0
        self.refused: int = 0  # by the broker
        self.waited: int = 0  # milliseconds of all calls: until a server had room
        self.lasted: int = 0  # and until they ended
        self.places: dict[Member, int] = {}
        """Servers, and the room that they were last seen to have, which is never too little."""
        self._levels: dict[int, dict[Member, None]] = {}  # the same by room
        self._most: int = 0

    def best(self) -> Member | None:
        """Return the server with the most room, of several the one that has had it longest."""
        while self._most:
            member = next(iter(self._levels[self._most]))
            if member.room == self._most:
                return member
            self.place(member, member.room)
        return None

    def place(self, member: Member, room: int) -> None:
        """Take note of the room of a server; if it changes by one this looks at no other server."""
        levels, before, room = self._levels, self.places.pop(member, 0), max(room, 0)
        if before:
            level = levels[before]
            del level[member]
            if not level:
                del levels[before]
        if room:
            self.places[member] = room
            levels.setdefault(room, {})[member] = None
        if room > self._most:
            self._most = room
        elif self._most not in levels:
            self._most = room if room == before - 1 else max(levels, default=0)

    def end(self, call: BrokerCall, failed: bool, now: int) -> None:
        """Count a call that has ended."""
        self.calls += 1
        self.failed += failed
        self.waited += (call.handed or now) - call.start
        self.lasted += now - call.start
