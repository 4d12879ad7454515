"""Time slices: how long operations that need not wait may keep other tasks from running.

An await that does not have to wait returns without letting the event loop run anything else. So
the sockets of a context share one time slice for each round of the event loop, whatever the number
of their tasks. The first operation of a round starts it; once it is over, each operation lets the
event loop go on first. These operations queue up. The first of the queue starts the next time slice
when the event loop has run all callbacks that were due, timers included.

How a round is recognised. The operation that starts a time slice schedules a callback with
`call_soon`, which the event loop runs in its next round. Until then no other time slice starts.
"""

from __future__ import annotations

import asyncio
from asyncio import AbstractEventLoop, Future
from itertools import islice
from time import monotonic
from weakref import ref


class Waiter:
    """A coroutine that waits: its future, made anew for each wait."""

    __slots__ = ("_loop", "future")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self.renew()

    def renew(self) -> None:
        """Count as not woken from now on."""
        self.future: Future[None] = self._loop.create_future()

    def wake(self) -> None:
        """Let it look again; nothing if it was told, or cancelled, and did not run yet."""
        if not self.future.done():
            self.future.set_result(None)


class TimeSlice:
    """The time slice that the sockets of one context share in one event loop.

    `end` is when the current one is over, `number` how many were started.
    """

    __slots__ = ("_batch", "_length", "_loop", "_same_round", "_waiters", "end", "number")

    def __init__(self, loop: AbstractEventLoop, milliseconds: int) -> None:
        self._loop = ref(loop)  # the contexts that a program keeps must not keep closed loops
        self._length = milliseconds / 1000
        self._waiters: dict[Waiter, None] = {}
        self._batch = 1  # how many of them to wake in a round
        self._same_round = False  # as the one that the current time slice was started in
        self.end: float = 0.0
        self.number: int = 0

    def running(self) -> bool:
        """Whether the current time slice is not over."""
        return monotonic() < self.end

    def go_on(self) -> bool:
        """Whether an operation may be made now; starts a time slice if nobody is before it."""
        return self.running() or (not self._waiters and self._start())

    async def wait(self) -> None:
        """Let other tasks run, and return in a time slice. First come, first served."""
        loop = asyncio.get_running_loop()
        waiter = Waiter(loop)
        first = not self._waiters
        self._waiters[waiter] = None
        self._watch_for_next_round()
        try:
            await (asyncio.sleep(0) if first else waiter.future)
            if self._length:
                # A timer that is due is called in the next round, and the task that it wakes runs
                # in the one after that. Start later, or they would wait for this time slice, too.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            while True:
                if self.running() or self._start():
                    break
                waiter.renew()
                await waiter.future
        finally:
            del self._waiters[waiter]
            if self._waiters:
                self._watch_for_next_round()  # which wakes the next ones

    def _start(self) -> bool:
        """Start a time slice, unless one was started in this round."""
        if self._same_round:
            return False
        self.end = monotonic() + self._length
        self.number += 1
        self._watch_for_next_round()
        return True

    def _watch_for_next_round(self) -> None:
        loop = self._loop()
        if not self._same_round and loop and not loop.is_closed():
            self._same_round = True
            loop.call_soon(self._next_round)

    def _next_round(self) -> None:
        """Wake as many of those who wait as probably fit into a time slice, the first at least."""
        self._same_round = False
        if self._waiters:
            most = 2 * self._batch if self.running() else self._batch // 2
            self._batch = max(1, min(most, len(self._waiters)))
            for waiter in islice(self._waiters, self._batch):
                waiter.wake()
