"""What a broker knows of servers, and which of them gets the next call. No sockets, no time.

Servers with the same services are in one Pool, sorted by their room: how many more calls each of
them takes. Room changes by one as a call begins or ends, so the server with the most is found
without looking at the others, however many there are.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Final

from . import wire


class Member:
    """A server that has registered; `room` belongs to its pool."""

    __slots__ = (
        "calls",
        "incarnation",
        "named",
        "pool",
        "registration",
        "room",
        "route",
        "takes",
        "user",
    )

    def __init__(self, route: bytes, incarnation: bytes, user: str | None, pool: Pool) -> None:
        self.route: Final = route
        self.incarnation: Final = incarnation
        self.named: Final = wire.incarnation_field(incarnation)
        self.user: Final = user
        self.pool: Final = pool
        self.registration: bytes = b""
        self.takes: int = 0  # calls at once
        self.room: int = 0
        self.calls: dict[bytes, Any] = {}
        pool.add(self)


class Queue:
    """What is known of one service: its pools, the calls that wait for a server, and counts."""

    def __init__(self, name: str) -> None:
        self.name: Final = name
        self.pools: list[Pool] = []
        self.waiting: OrderedDict[bytes, Any] = OrderedDict()
        self.repeatable: frozenset[str] = frozenset()
        self.calls: int = 0  # that have ended
        self.failed: int = 0
        self.refused: int = 0  # by the broker
        self.waited: int = 0  # milliseconds of all calls: until a server had room
        self.lasted: int = 0  # and until they ended

    def roomy(self) -> Pool | None:
        """Return the pool whose best server has the most room; None if none has any."""
        pools = self.pools
        if not pools:
            return None
        pool = pools[0] if len(pools) == 1 else max(pools, key=lambda each: each.most)
        return pool if pool.most > 0 else None


class Pool:
    """Servers that have the same services. `most` is the room of the one with the most."""

    def __init__(self, queues: list[Queue]) -> None:
        self.queues: Final = queues
        self.most: int = 0
        self.members: set[Member] = set()
        self._levels: dict[int, OrderedDict[Member, None]] = {}

    def best(self) -> Member:
        """Return the server with the most room, of several the one that has had it longest."""
        return next(iter(self._levels[self.most]))

    def add(self, member: Member) -> None:
        """Take a server in, with the room that it has."""
        if not self.members:
            for queue in self.queues:
                queue.pools.append(self)
        self.members.add(member)
        self._levels.setdefault(member.room, OrderedDict())[member] = None
        self.most = max(self._levels)

    def remove(self, member: Member) -> None:
        """Let a server go."""
        self.members.remove(member)
        self._leave(member)
        self.most = max(self._levels, default=0)
        if not self.members:
            for queue in self.queues:
                queue.pools.remove(self)

    def change(self, member: Member, by: int) -> None:
        """Change the room of a server; by one it takes the same time for any number of them."""
        self._leave(member)
        room = member.room = member.room + by
        level = self._levels.get(room)
        if level is None:
            level = self._levels[room] = OrderedDict()
        level[member] = None
        if room > self.most:
            self.most = room
        elif self.most not in self._levels:
            self.most = room if by == -1 else max(self._levels)

    def _leave(self, member: Member) -> None:
        level = self._levels[member.room]
        del level[member]
        if not level:
            del self._levels[member.room]

    def longest(self) -> Queue | None:
        """Return the service whose first call has waited longest; None if no call waits."""
        found = None
        for queue in self.queues:
            if queue.waiting:
                first = next(iter(queue.waiting.values())).start
                if found is None or first < found[0]:
                    found = first, queue
        return None if found is None else found[1]
