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


class BrokerCall:
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
        self, parts: list[Any], envelope: Any, queue: Queue, who: str | bytes, now: int
    ) -> None:
        self.id: bytes = envelope.id
        self.route: bytes = parts[0]  # of its client
        self.parts: Final = parts  # route, envelope, payload, attachments
        self.queue: Final = queue
        self.who: Final = who  # whose limit it counts for
        self.start: Final = now
        self.method: Final[str] = envelope.method  # "" of a call that is only asked for
        self.stream: Final[bool] = envelope.credit > 0

    @property
    def repeatable(self) -> bool:
        """Whether it may be executed again, as far as servers have said so by now."""
        return self.method in self.queue.repeatable


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
        self.room: int = 0
        self.calls: dict[bytes, BrokerCall] = {}

    def serve(self, queues: Iterable[Queue], takes: int) -> None:
        """Be a server of these services, and of no other ones, for so many calls at once."""
        self.takes = 0
        self.update()
        self.queues, self.takes = [*queues], takes
        self.update()

    def update(self) -> None:
        """Take note of a change of `takes` or of `calls`."""
        before = self.room
        self.room = room = self.takes - len(self.calls)
        for queue in self.queues:
            queue.move(self, before, room)

    def first(self) -> Queue | None:
        """Return the service whose first call has waited longest; None if no call waits."""
        waiting = [queue for queue in self.queues if queue.waiting]
        return min(waiting, key=Queue.since) if waiting else None


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
        self._most: int = 0  # the room of the server with the most
        self._levels: dict[int, dict[Member, None]] = {}  # servers by their room, if they have any

    def best(self) -> Member | None:
        """Return the server with the most room, of several the one that has had it longest."""
        return next(iter(self._levels[self._most])) if self._most else None

    def move(self, member: Member, before: int, room: int) -> None:
        """Take note of the room of a server; if it changes by one this looks at no other server."""
        levels = self._levels
        if before > 0:
            level = levels[before]
            del level[member]
            if not level:
                del levels[before]
        if room > 0:
            levels.setdefault(room, {})[member] = None
        if room > self._most:
            self._most = room
        elif self._most and self._most not in levels:
            self._most = room if room == before - 1 else max(levels, default=0)

    def since(self) -> int:
        """Return since when the first call has waited."""
        return next(iter(self.waiting.values())).start

    def end(self, call: BrokerCall, failed: bool, now: int) -> None:
        """Count a call that has ended."""
        self.calls += 1
        self.failed += failed
        self.waited += (call.handed or now) - call.start
        self.lasted += now - call.start
