"""A loop that calls handlers: when there is something to read, and when timers are due."""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
import weakref
from bisect import bisect_left, insort
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from .arguments import INT_MAX, integer, milliseconds
from .constants import POLLIN
from .poll import Poller, socket_of

if TYPE_CHECKING:
    from .poll import Pollable

    Item = TypeVar("Item", bound=Pollable)

Reader: TypeAlias = Callable[[Any], object]

MS: Final = 1_000_000
"""Nanoseconds in a millisecond."""


class Timer:
    """A timer of a Reactor, to cancel it by; made by `Reactor.timer`."""

    __slots__ = ("_due", "_handler", "_interval", "_left", "_number")

    def __init__(
        self, number: int, interval: int, handler: Callable[[], object], times: int
    ) -> None:
        self._number = number  # of two that are due at the same time, the older one comes first
        self._interval = interval * MS
        self._handler = handler
        self._left = times  # calls; 0 is for ever
        self._due = time.monotonic_ns() + self._interval

    def __lt__(self, other: Timer) -> bool:
        return (self._due, self._number) < (other._due, other._number)


class Reactor:
    """Calls handlers when sockets or descriptors can be read, and when timers are due.

        reactor = zmq.Reactor()
        reactor.reader(socket, answer)  # answer(socket) is called for each message
        reactor.timer(1000, beat)  # beat() is called every second
        reactor.run()

    A handler may do anything but run the reactor again: add and cancel, stop, close sockets once
    they are cancelled. What it raises ends `run` and is raised there; registrations stay as they
    are, so `run` may be called again. It should not wait, since nothing else happens meanwhile.

    In each round every timer that is due is called once, and then every reader that has something
    to read, so that none of them is starved. A reader therefore receives one message, or a few.
    It is not called if another handler has taken what was there: a receive in it does not wait.

    While it runs, it belongs to that thread: another one gets RuntimeError for everything but
    `stop`. To have it do something else, send it a message, as to an Actor.

    It owns one file descriptor, an eventfd that `stop` writes to. That is closed with the Reactor:
    when the last reference goes, or, if its own handlers refer to it, by the garbage collector.
    exec closes it, too. After fork() the child gets one of its own, so neither process wakes the
    other.
    """

    def __init__(self) -> None:
        self._poller = Poller()
        self._readers: dict[Pollable, Reader] = {}
        self._timers: list[Timer] = []  # sorted
        self._numbers = itertools.count()
        self._running = threading.Lock()
        self._thread: int | None = None  # in which it runs
        self._polling = False
        self._stopped = False
        self._open()
        _reactors.add(self)

    def _open(self) -> None:
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._close = weakref.finalize(self, os.close, self._wake)
        self._close.atexit = False  # a thread may call `stop` until the very end
        self._poller.register(self._wake, POLLIN)

    def _renew(self) -> None:
        """Stop sharing the eventfd, and the thread that runs it, with the parent of this child."""
        if self._thread != threading.get_ident():
            self._running = threading.Lock()
            self._thread = None
        self._poller.unregister(self._wake)
        self._close()
        self._open()

    def reader(self, item: Item, handler: Callable[[Item], object]) -> None:
        """Call `handler(item)` whenever there is something to read, until it is cancelled.

        An item is a socket, an object whose `socket` is one, such as a TypedSocket, or a
        descriptor. The handler of a descriptor is also called at end of file and after an error,
        which reading from it reports. Cancel an item before you close it, or `run` raises
        SocketClosed.

        Raises:
            ValueError: it has a reader; or more items than the process may have descriptors.
            RuntimeError: the reactor runs in another thread.
        """
        self._check_thread()
        if item in self._readers:
            raise ValueError(f"{item!r} has a reader: cancel that one first")
        self._poller.register(item, POLLIN)
        self._readers[item] = handler
        self._changed()

    def timer(
        self, interval: int, handler: Callable[[], object], times: int | None = None
    ) -> Timer:
        """Call `handler()` every `interval` milliseconds, `times` times or (None, 0) for ever.

        The first call is due after one interval. The later ones are due at multiples of it, not
        one interval after the last call, so they do not drift. A timer that is late is called
        once, and is due again at the next multiple: missed calls are neither made up nor counted.

        Raises:
            RuntimeError: the reactor runs in another thread.
        """
        self._check_thread()
        wait = milliseconds(interval, "interval")
        if wait < 0:
            raise ValueError("a timer has an interval of 0 milliseconds or more")
        count = integer(times or 0, "times", 0, INT_MAX)
        timer = Timer(next(self._numbers), wait, handler, count)
        insort(self._timers, timer)
        self._changed()
        return timer

    def cancel(self, what: Timer | Pollable) -> None:
        """No longer call the handler of a timer or an item, not even in this round.

        Does nothing if it was cancelled before, or if the timer has made all its calls.

        Raises:
            RuntimeError: the reactor runs in another thread.
        """
        self._check_thread()
        if isinstance(what, Timer):
            if self._is_set(what):
                del self._timers[bisect_left(self._timers, what)]
        elif self._readers.pop(what, None):
            self._poller.unregister(what)
            self._changed()

    def stop(self) -> None:
        """Have `run` return: at once, or after the handler that is running.

        Any thread and any signal handler may call it. Before `run` it makes that return at once.
        """
        self._stopped = True
        os.eventfd_write(self._wake, 1)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called, and `run` has not returned since."""
        return self._stopped

    def run(self) -> None:
        """Call handlers until `stop`, or until neither readers nor timers are left.

        Ctrl-C raises KeyboardInterrupt at once, also in a handler. To let the handler that is
        running return first: `signal.signal(signal.SIGTERM, lambda *_: reactor.stop())`.

        Raises:
            ContextTerminated, SocketClosed, SocketBusy, ForkedProcess: of a socket that is read.
            RuntimeError: it runs already.
            Exception: whatever a handler raises.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError("the Reactor runs already")
        self._thread = threading.get_ident()
        try:
            while True:
                if self._stopped or not (self._readers or self._timers):
                    break
                self._round()
        finally:
            self._stopped = False
            self._drain()
            self._thread = None
            self._running.release()

    def _round(self) -> None:
        self._polling = True
        try:
            found = self._poller.poll(self._wait())
        finally:
            self._polling = False
        ready = [(item, self._readers.get(item)) for item, _ in found]
        calls = self._call_timers()
        for item, handler in ready:
            if self._stopped:
                return
            if item == self._wake:
                self._drain()
            if handler is None or self._readers.get(item) is not handler:
                continue  # it is the eventfd, or was cancelled since
            if calls and (socket := socket_of(item)) and not socket.poll(0):
                continue  # another handler has received it
            calls += 1
            handler(item)

    def _changed(self) -> None:
        """Poll again, if a signal handler has changed something meanwhile."""
        if self._polling:
            os.eventfd_write(self._wake, 1)

    def _drain(self) -> None:
        with contextlib.suppress(BlockingIOError):  # nothing was written
            os.eventfd_read(self._wake)

    def _wait(self) -> int:
        """Milliseconds until the next timer, rounded up, or -1."""
        if not self._timers:
            return -1
        return max(0, -((time.monotonic_ns() - self._timers[0]._due) // MS))

    def _call_timers(self) -> int:
        """Call each timer that is due once; how many were."""
        now = time.monotonic_ns()
        calls = 0
        for timer in list(itertools.takewhile(lambda timer: timer._due <= now, self._timers)):
            if self._stopped:
                break
            if not self._is_set(timer):
                continue  # cancelled in this round
            self._move_on(timer, now)
            calls += 1
            timer._handler()
        return calls

    def _is_set(self, timer: Timer) -> bool:
        place = bisect_left(self._timers, timer)
        return self._timers[place : place + 1] == [timer]

    def _move_on(self, timer: Timer, now: int) -> None:
        """Set a timer to the first multiple of its interval to come, or remove it at its end."""
        self.cancel(timer)
        if timer._left == 1:
            return
        timer._left = max(0, timer._left - 1)
        missed = (now - timer._due) // timer._interval if timer._interval else 0
        timer._due = now if not timer._interval else timer._due + (missed + 1) * timer._interval
        insort(self._timers, timer)

    def _check_thread(self) -> None:
        if self._thread not in (None, threading.get_ident()):
            raise RuntimeError(
                "the Reactor runs in another thread, which alone may change it: send it a message"
            )


_reactors: Final[weakref.WeakSet[Reactor]] = weakref.WeakSet()


def _renew_all() -> None:
    for reactor in tuple(_reactors):
        reactor._renew()


os.register_at_fork(after_in_child=_renew_all)
