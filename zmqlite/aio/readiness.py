"""The one loop in which every operation of a socket waits, and the descriptor that ends the wait.

How a message is never lost. An operation is tried at once, without waiting. Only where that finds
nothing to do does its coroutine wait, for a future that says "look again" and carries nothing. The
coroutine itself then makes the call that takes or sends the message, and returns without waiting
again. So whoever is cancelled while it waits has taken nothing and sent nothing.

How no wake-up is missed. libzmq's descriptor is edge-triggered: it turns readable when commands
arrive for the socket, and any call into the socket may handle these and thereby take the edge,
also for somebody who waits for the other direction. So EVENTS is read again after each call that
was made while others wait, and after each attempt that failed; and reading it takes the edge, so
that an event loop that watches levels does not spin.

Who is woken. Waiters queue up for each direction, and only the first is woken. When it leaves, with
its message, an error or cancelled, EVENTS is read again and the next one woken. Where EVENTS says
that there is room, yet the first finds none (a ROUTER whose peer is full has room for others), it
wakes the one behind it and goes on waiting.

The descriptor that the event loop watches is a duplicate, closed by nobody but us. So no other
thread can close it under the event loop: not the garbage collector, and not the context's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Callable, Iterator
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

from ..constants import Event
from ..owner import ForkAware
from ..socket import Socket
from .time_slice import TimeSlice, Waiter

T = TypeVar("T")

IN: Final = int(Event.POLLIN)
OUT: Final = int(Event.POLLOUT)
BOTH: Final = IN | OUT


class Shared(ForkAware):
    """What the sockets of one context share: their time slices, and who watches a descriptor."""

    __slots__ = ("_slices", "time_slice", "watches")

    def __init__(self, time_slice: int) -> None:
        super().__init__()
        self.time_slice: int = time_slice  # its length in milliseconds
        self._slices: WeakKeyDictionary[AbstractEventLoop, TimeSlice] = WeakKeyDictionary()
        self.watches: set[Watch] = set()  # those with a descriptor

    def slice_of(self, loop: AbstractEventLoop) -> TimeSlice:
        """Return the time slice of an event loop; threads that run others have their own."""
        found = self._slices.get(loop)
        if found is None:
            found = self._slices[loop] = TimeSlice(loop, self.time_slice)
        return found


class Watch:
    """Who waits for a socket, and the descriptor that says when to look; for one event loop.

    The event loop knows the Watch while its descriptor is registered, and the Watch its waiters.
    Neither knows the aio.Socket, so that one that nobody waits for can go.
    """

    __slots__ = (
        "_beyond",
        "_blocking",
        "_descriptor",
        "_queues",
        "_reader",
        "idle",
        "loop",
        "shared",
        "slice",
    )

    slice: TimeSlice  # set with the loop

    def __init__(self, blocking: Socket, shared: Shared) -> None:
        self._blocking = blocking
        self.shared: Shared = shared
        self._queues: dict[int, dict[Waiter, None]] = {IN: {}, OUT: {}}
        self._descriptor: int | None = None
        self._reader: Callable[[], object] | None = None
        self._beyond = -1  # the number of the time slice after whose end this socket received
        self.idle: bool = True  # nobody waits
        self.loop: AbstractEventLoop | None = None

    # What the operations do

    def free(self) -> bool:
        """Whether an operation may be tried at once, and leave nothing to be done after it."""
        return self.idle and get_running_loop() is self.loop and self.slice.running()

    async def until(self, wanted: int, attempt: Callable[[], T | None]) -> T:
        """Make the attempt, and wait for the socket in between, until it gives something."""
        await self.pass_slice(wanted)
        waiter = Waiter(self.bind())
        try:
            if any(self._queues_of(wanted)):
                self.add(waiter, wanted)
                self.look()  # for the first of those who wait
            else:
                got, _ = self._try(wanted, attempt)
                if got is not None:
                    return got
                self.add(waiter, wanted)
            while True:
                await waiter.future
                waiter.renew()
                self.slice.go_on()  # if it may not, this is one attempt, as any callback makes
                got, ready = self._try(wanted, attempt)
                if got is not None:
                    return got
                self._register()
                if ready:
                    self._wake_behind(waiter, wanted)
        finally:
            self.discard(waiter)
            self.look()

    async def at_once(self, attempt: Callable[[], T | None]) -> T | None:
        """Make the attempt, and leave it at that."""
        await self.pass_slice(OUT)
        try:
            return attempt()
        finally:
            self.look()

    def read(self, reader: Callable[[], object]) -> None:
        """Call `reader` when a message may be there, or the socket was closed, from now on.

        It takes the place of tasks that wait. It has to receive until nothing is there, and to be
        called after a send, too: each of both may take the edge.
        """
        self._reader = reader
        self._register()

    async def pass_slice(self, wanted: int) -> None:
        """Let other tasks run first if the time slice is over.

        One receive of each socket is let through after the end of a time slice: asyncio.timeout(0)
        cancels a call as soon as it lets other tasks run, and should get a message that is there.
        A time slice of 0 has no such exception: it means that other tasks run after each call.
        """
        self.bind()
        if self.slice.go_on():
            return
        if wanted & IN and self.shared.time_slice and self._beyond != self.slice.number:
            self._beyond = self.slice.number
        else:
            await self.slice.wait()

    def bind(self) -> AbstractEventLoop:
        """Return the running event loop; RuntimeError if the socket was used in another one."""
        loop = asyncio.get_running_loop()
        if self.loop is None:
            self.slice = self.shared.slice_of(loop)
            self.loop = loop
        elif self.loop is not loop:
            raise RuntimeError(
                f"{self._blocking!r} was used in another event loop: make a socket in each"
            )
        return loop

    def _try(self, wanted: int, attempt: Callable[[], T | None]) -> tuple[T | None, bool]:
        """Attempt; where it fails although EVENTS says it should not, again: (got, EVENTS)."""
        got = attempt()
        if got is not None:
            return got, True
        # Sending does not always look at what has arrived for the socket; EVENTS does.
        if not self.events() & wanted:
            return None, False
        return attempt(), True

    # Who waits

    def events(self) -> int:
        """Read EVENTS, which takes the edge; all of them where an attempt will raise."""
        code = self._blocking._ready()
        return BOTH if code < 0 else code

    def add(self, waiter: Waiter, wanted: int) -> None:
        """Have the waiter woken when it is its turn; it looks again, and then is discarded."""
        self._register()
        for queue in self._queues_of(wanted):
            queue[waiter] = None
        self.idle = False

    def discard(self, waiter: Waiter) -> None:
        """Forget a waiter; to be followed by `look`, so that the next one is woken."""
        for queue in self._queues.values():
            queue.pop(waiter, None)
        self.idle = not any(self._queues.values())

    def look(self) -> None:
        """Where somebody waits, read EVENTS and wake the first that can go on."""
        if self.idle:
            return
        events = self.events()
        for queue in self._queues_of(events):
            if queue:
                next(iter(queue)).wake()

    def look_soon(self) -> None:
        """Do so in the event loop; from any thread."""
        if self.loop and not self.idle:
            with contextlib.suppress(RuntimeError):  # it is closed
                self.loop.call_soon_threadsafe(self.look)

    def _queues_of(self, events: int) -> Iterator[dict[Waiter, None]]:
        return (queue for side, queue in self._queues.items() if events & side)

    def _wake_behind(self, waiter: Waiter, wanted: int) -> None:
        for queue in self._queues_of(wanted):
            behind = iter(queue)
            if waiter in behind:  # which leaves those after it
                for following in behind:
                    following.wake()
                    break

    # The descriptor

    def _register(self) -> None:
        if self._descriptor is not None:
            return
        loop = self.bind()
        descriptor = os.dup(self._blocking.fd)
        try:
            loop.add_reader(descriptor, self._reader or self._edge)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        self.shared.watches.add(self)

    def _edge(self) -> None:
        """Something has arrived for the socket."""
        self.look()
        if self.idle and self._blocking._ready() < 0:
            self._end()  # nothing takes the edge any more

    def end(self) -> None:
        """Wake all and let go of the descriptor, from any thread; to be done after the close."""
        loop = self.loop
        if loop is None:
            return
        elsewhere = loop.is_running() and asyncio._get_running_loop() is not loop
        if elsewhere and not self.shared.forked:
            with contextlib.suppress(RuntimeError):  # it was closed meanwhile
                loop.call_soon_threadsafe(self._end)
                return
        self._end()

    def _end(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        self.shared.watches.discard(self)
        # A forked child shares its parent's selector: removing a descriptor from it would remove
        # it for the parent, too.
        usable = self.loop and not self.loop.is_closed() and not self.shared.forked
        if descriptor is not None:
            if self.loop and usable:
                self.loop.remove_reader(descriptor)
            os.close(descriptor)
        if usable:
            if self._reader is not None:
                self._reader()
            for queue in self._queues.values():
                for waiter in queue:
                    waiter.wake()

    def __del__(self) -> None:
        if getattr(self, "_descriptor", None) is not None:
            self._end()
