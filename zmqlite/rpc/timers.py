"""When something is due: times in whole milliseconds of a clock that the caller reads."""

from __future__ import annotations

import heapq
from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """Items and the milliseconds in which they are due. Most are discarded before that."""

    __slots__ = ("_due", "_items")

    def __init__(self) -> None:
        self._items: dict[int, dict[T, None]] = {}
        self._due: list[int] = []  # a heap of the keys, those that were emptied included

    def add(self, due: int, item: T) -> None:
        """Have `item` returned by `expired` once it is `due`."""
        items = self._items.get(due)
        if items is None:
            items = self._items[due] = {}
            heapq.heappush(self._due, due)
        items[item] = None

    def discard(self, due: int | None, item: T) -> None:
        """Forget an item; nothing if it is unknown, or never due."""
        if due is not None and (items := self._items.get(due)):
            items.pop(item, None)

    def next(self) -> int | None:
        """Return when to ask next; None if nothing is to come."""
        while self._due:
            if self._items[self._due[0]]:
                return self._due[0]
            del self._items[heapq.heappop(self._due)]
        return None

    def expired(self, now: int) -> list[T]:
        """Return what is due by now, and forget it."""
        found: list[T] = []
        while self._due and self._due[0] <= now:
            found += self._items.pop(heapq.heappop(self._due))
        return found
