"""Timers: the zmq_timers_ functions of zmq.h, in Python, with the rules of libzmq's own.

They do not call libzmq, because libzmq would have to call a handler in Python from C. The rules:
time is CLOCK_MONOTONIC in whole milliseconds; timers that are due at the same millisecond run in
the order in which their intervals began; `zmq_timers_execute` reads the clock once, so a timer that
is late by several intervals runs once, and its next interval begins at that reading; a cancelled
timer leaves the table only when it would be the next to run, and until then can be reset.
"""

from __future__ import annotations

import errno
import itertools
import threading
import time
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeAlias

from .._zmq import ffi
from ..errors import failure
from ._handles import Handle, c_call, handle_of, void_p
from .variables import c_pointer, pointer_of

__all__ = [
    "zmq_timers_add", "zmq_timers_cancel", "zmq_timers_destroy", "zmq_timers_execute",
    "zmq_timers_new", "zmq_timers_reset", "zmq_timers_set_interval", "zmq_timers_timeout",
]  # fmt: skip

TimerFunction: TypeAlias = Callable[[int, Any], object]

_sequence = itertools.count()


def _now() -> int:
    return time.monotonic_ns() // 1_000_000


class _Timer:
    """One timer. `due` is when its handler is to be called, with a sequence number for ties."""

    __slots__ = ("arg", "cancelled", "due", "handler", "id", "interval")

    def __init__(self, id: int, interval: int, handler: TimerFunction, arg: object) -> None:
        self.id, self.interval, self.handler, self.arg = id, interval, handler, arg
        self.cancelled = False
        self.start(_now())

    def start(self, now: int) -> None:
        """Begin the interval."""
        self.due = now + self.interval, next(_sequence)


class TimersHandle(Handle):
    """Timers by id, in a table that is None once they are destroyed.

    The thread inside a call holds `lock`. It is reentrant, because a handler of a timer or of a
    signal may call functions with the timers that its thread is executing. Each change of a table
    or a timer is one step, so an exception of a signal handler leaves nothing half changed.
    """

    __slots__ = ("executing", "ids", "lock", "table")
    kind = "timers object"

    def __init__(self) -> None:
        self.executing: bool = False
        self.ids: itertools.count[int] = itertools.count(1)
        self.lock: threading.RLock = threading.RLock()
        self.table: dict[int, _Timer] | None = {}

    def live(self, *, also_in_handler: bool = False) -> dict[int, _Timer]:
        """Return the table; refuse if it was destroyed, or to a handler that must not have it."""
        if self.table is None:
            raise failure(errno.EFAULT, self.kind)
        if self.executing and not also_in_handler:
            raise failure(errno.EBUSY, self.kind)
        return self.table


def _first(table: dict[int, _Timer]) -> _Timer | None:
    """Return the timer to run next; remove the cancelled ones before it."""
    while timer := min(table.values(), key=attrgetter("due"), default=None):
        if not timer.cancelled:
            break
        table.pop(timer.id, None)
    return timer


def _find(table: dict[int, _Timer], timer_id: int) -> _Timer:
    """Return a timer; refuse an unknown id."""
    timer = table.get(ffi.new("int *", timer_id)[0])  # cffi refuses what is no int of C's
    if timer is None:
        raise failure(errno.EINVAL, "timer")
    return timer


def zmq_timers_new() -> void_p:
    """Return an object to hold timers, with none in it.

    C: zmq_timers(3)
    """
    return TimersHandle()


@c_call(-1)
def zmq_timers_destroy(timers_p: c_pointer | None) -> int:
    """End all timers of the object in a `c_pointer`, whose value becomes None.

    Returns 0, or -1 and errno EFAULT (no timers object, or destroyed before) or EBUSY (called by
    one of their handlers).

    C: zmq_timers(3)
    """
    pointer = pointer_of(timers_p)
    handle = handle_of(pointer.value, TimersHandle)
    with handle.lock:
        handle.live()
        handle.table = pointer.value = None
    return 0


@c_call(-1)
def zmq_timers_add(
    timers: void_p, interval: int, handler: TimerFunction | None, arg: object
) -> int:
    """Add a timer: `handler(timer_id, arg)` is called every `interval` milliseconds.

    Only `zmq_timers_execute` calls it. With interval 0 one `zmq_timers_execute` calls it again and
    again, until the handler cancels the timer or raises. A handler may add and cancel timers; all
    other functions fail with EBUSY if a handler calls them with its own timers object.

    Returns the timer's id, or -1 and errno EFAULT (no timers object, or no handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    if handler is None:
        raise failure(errno.EFAULT, "zmq_timers_add")
    if not callable(handler):
        raise TypeError(f"handler is a function, not {type(handler).__name__}")
    size = ffi.new("size_t *", interval)
    with handle.lock:
        table = handle.live(also_in_handler=True)
        timer = _Timer(next(handle.ids), size[0], handler, arg)
        table[timer.id] = timer
    return timer.id


@c_call(-1)
def zmq_timers_cancel(timers: void_p, timer_id: int) -> int:
    """End a timer.

    Returns 0, or -1 and errno EINVAL (no such timer, or cancelled before) or EFAULT (no timers
    object).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        timer = _find(handle.live(also_in_handler=True), timer_id)
        if timer.cancelled:
            raise failure(errno.EINVAL, "zmq_timers_cancel")
        timer.cancelled = True
    return 0


@c_call(-1)
def zmq_timers_set_interval(timers: void_p, timer_id: int, interval: int) -> int:
    """Change the interval of a timer, in milliseconds. It begins again now.

    Returns 0, or -1 and errno EINVAL (no such timer), EFAULT (no timers object) or EBUSY (called by
    a handler).

    C: zmq_timers(3)
    """
    return _restart(timers, timer_id, ffi.new("size_t *", interval)[0])


@c_call(-1)
def zmq_timers_reset(timers: void_p, timer_id: int) -> int:
    """Let the interval of a timer begin again now.

    Returns 0, or -1 and errno EINVAL (no such timer), EFAULT (no timers object) or EBUSY (called by
    a handler).

    C: zmq_timers(3)
    """
    return _restart(timers, timer_id, None)


def _restart(timers: void_p, timer_id: int, interval: int | None) -> int:
    """Begin the interval of a timer again: a new interval, or if that is None the one it has."""
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        timer = _find(handle.live(), timer_id)
        if interval is not None:
            timer.interval = interval
        timer.start(_now())
    return 0


@c_call(-1)
def zmq_timers_timeout(timers: void_p) -> int:
    """Return the milliseconds until the next timer is due, to be given to `zmq_poll`.

    0 if one is due now; -1, with errno as it was, if there is none. -1 and errno EFAULT (no timers
    object) or EBUSY (called by a handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        timer = _first(handle.live())
    return -1 if timer is None else max(timer.due[0] - _now(), 0)


def zmq_timers_execute(timers: void_p) -> int:
    """Call the handlers of all timers that are due.

    The exception of a handler is raised after all of them were called; several are raised as one
    BaseExceptionGroup. Another thread that uses the same timers waits until this call returns.

    Returns 0, or -1 and errno EFAULT (no timers object) or EBUSY (called by a handler).

    C: zmq_timers(3)
    """
    errors: list[BaseException] = []
    code = _execute(timers, errors)
    if len(errors) > 1:
        raise BaseExceptionGroup("handlers of timers failed", errors)
    if errors:
        raise errors[0]
    return code


@c_call(-1)
def _execute(timers: void_p, errors: list[BaseException]) -> int:
    """Call the handlers that are due; append what they raise to `errors`."""
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        table = handle.live()
        try:
            handle.executing = True
            now = _now()
            while True:
                timer = _first(table)
                if timer is None or timer.due[0] > now:
                    break
                try:
                    timer.handler(timer.id, timer.arg)
                except BaseException as error:
                    errors.append(error)
                    if not timer.interval:  # it would be called again at once, and for ever
                        timer.cancelled = True
                finally:
                    timer.start(now)
        finally:
            handle.executing = False
    return 0
