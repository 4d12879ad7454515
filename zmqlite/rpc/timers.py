"""When something is due: times in whole milliseconds of a clock that the caller reads."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """Items and the milliseconds in which they are due.

    Most are discarded before that, so `add` and `discard` are cheap, and `expired` looks at all
    milliseconds for which there are items.
    """

    __slots__ = ("_items", "_next")

    def __init__(self) -> None:
        self._items: dict[int, dict[T, None]] = {}
        self._next: int | None = None

    def add(self, due: int, item: T) -> None:
        """Have `item` returned by `expired` once it is `due`."""
        items = self._items.get(due)
        if items is None:
            items = self._items[due] = {}
            if self._next is None or due < self._next:
                self._next = due
        items[item] = None

    def discard(self, due: int | None, item: T) -> None:
        """Forget an item; nothing if it is unknown."""
        if due in self._items:
            items = self._items[due]
            items.pop(item, None)
            if not items:
                del self._items[due]

    def next(self) -> int | None:
        """Return when to ask next, at the latest when something is due; None if never."""
        return self._next

    def expired(self, now: int) -> list[T]:
        """Return what is due by now, and forget it."""
        if self._next is None or now < self._next:
            return []
        due = sorted(due for due in self._items if due <= now)
        found = [item for each in due for item in self._items.pop(each)]
        self._next = min(self._items, default=None)
        return found
