"""The helpers of zmq.h: atomic counters, stopwatches, zmq_sleep and threads."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._zmq import ffi, lib
from ..errors import failure
from ._handles import Handle, c_call, handle_of, void_p
from .variables import c_pointer, pointer_of

if TYPE_CHECKING:
    from .._zmq import CData

__all__ = [
    "zmq_atomic_counter_dec", "zmq_atomic_counter_destroy", "zmq_atomic_counter_inc",
    "zmq_atomic_counter_new", "zmq_atomic_counter_set", "zmq_atomic_counter_value", "zmq_sleep",
    "zmq_stopwatch_intermediate", "zmq_stopwatch_start", "zmq_stopwatch_stop", "zmq_threadclose",
    "zmq_threadstart",
]  # fmt: skip


class _Cell(Handle):
    """An object of libzmq behind a cell that frees it with the cell's last reference.

    A call holds a reference to the cell, so another thread cannot free the object during the call.
    """

    __slots__ = ("cell",)

    def __init__(self, cell: CData) -> None:
        self.cell: CData | None = cell

    def live(self) -> CData:
        """Return the cell; refuse if the object was destroyed."""
        if self.cell is None:
            raise failure(errno.EFAULT, self.kind)
        return self.cell


# Atomic counters


class CounterHandle(_Cell):
    """An atomic counter."""

    __slots__ = ()
    kind = "counter"


def _counter(value: void_p) -> CData:
    return handle_of(value, CounterHandle).live()


def zmq_atomic_counter_new() -> void_p:
    """Return a new counter with the value 0. Any number of threads may use it at the same time.

    C: zmq_atomic_counter_new(3)
    """
    cell = ffi.new("void **", lib.zmq_atomic_counter_new())
    return CounterHandle(ffi.gc(cell, lib.zmq_atomic_counter_destroy))


@c_call(None)
def zmq_atomic_counter_set(counter: void_p, value: int) -> None:
    """Set a counter. Sets errno to EFAULT if it is not a counter.

    C: zmq_atomic_counter_set(3)
    """
    cell = _counter(counter)
    lib.zmq_atomic_counter_set(cell[0], value)


@c_call(-1)
def zmq_atomic_counter_inc(counter: void_p) -> int:
    """Add 1 and return the value before, or -1 and errno EFAULT if it is not a counter.

    C: zmq_atomic_counter_inc(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_inc(cell[0])


@c_call(-1)
def zmq_atomic_counter_dec(counter: void_p) -> int:
    """Subtract 1; return 0 if the value is 0 now, else 1; -1 and errno EFAULT if not a counter.

    C: zmq_atomic_counter_dec(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_dec(cell[0])


@c_call(-1)
def zmq_atomic_counter_value(counter: void_p) -> int:
    """Return the value, or -1 and errno EFAULT if it is not a counter.

    C: zmq_atomic_counter_value(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_value(cell[0])


@c_call(None)
def zmq_atomic_counter_destroy(counter_p: c_pointer | None) -> None:
    """Free the counter in a `c_pointer`, whose value becomes None. Sets EFAULT if there is none.

    C: zmq_atomic_counter_destroy(3)
    """
    pointer = pointer_of(counter_p)
    handle = handle_of(pointer.value, CounterHandle)
    handle.live()
    handle.cell = pointer.value = None


# Stopwatches


class StopwatchHandle(_Cell):
    """A stopwatch."""

    __slots__ = ()
    kind = "stopwatch"


def _watch(value: void_p) -> StopwatchHandle:
    return handle_of(value, StopwatchHandle)


def zmq_stopwatch_start() -> void_p:
    """Return a new stopwatch, which runs.

    C: zmq_stopwatch_start, which has no manual page
    """
    return StopwatchHandle(ffi.gc(lib.zmq_stopwatch_start(), lib.zmq_stopwatch_stop))


@c_call(-1)
def zmq_stopwatch_intermediate(watch: void_p) -> int:
    """Return the microseconds since the start, or -1 and errno EFAULT if it is not a stopwatch.

    C: zmq_stopwatch_intermediate, which has no manual page
    """
    return lib.zmq_stopwatch_intermediate(_watch(watch).live())


@c_call(-1)
def zmq_stopwatch_stop(watch: void_p) -> int:
    """Return the microseconds since the start, and free the stopwatch.

    Returns -1 and errno EFAULT if it is not a stopwatch, or was stopped before.

    C: zmq_stopwatch_stop, which has no manual page
    """
    handle = _watch(watch)
    microseconds = lib.zmq_stopwatch_intermediate(handle.live())
    handle.cell = None
    return microseconds


# Time and threads


@c_call(None)
def zmq_sleep(seconds: int) -> None:
    """Sleep for this number of seconds, or until a signal arrives.

    C: zmq_sleep, which has no manual page
    """
    lib.zmq_sleep(seconds)


class ThreadHandle(Handle):
    """A thread; None after zmq_threadclose."""

    __slots__ = ("thread",)
    kind = "thread"

    def __init__(self, thread: threading.Thread) -> None:
        self.thread: threading.Thread | None = thread


@c_call(None)
def zmq_threadstart(func: Callable[[Any], object], arg: object) -> void_p:
    """Start a thread that calls `func(arg)`, and return it.

    It is a daemon thread of Python, because a thread of libzmq would still run when the interpreter
    has ended. The end of the program does not wait for it.

    Returns None with errno EAGAIN if the system cannot start a thread.

    C: zmq_threadstart, which has no manual page
    """
    if not callable(func):
        raise TypeError(f"func is a function, not {type(func).__name__}")
    thread = threading.Thread(target=func, args=(arg,), daemon=True)
    try:
        thread.start()
    except RuntimeError:
        raise failure(errno.EAGAIN, "zmq_threadstart") from None
    return ThreadHandle(thread)


@c_call(None)
def zmq_threadclose(thread: void_p) -> None:
    """Wait for the end of a thread.

    Sets errno to EFAULT if it is not a thread or was closed before, to EINVAL in the thread itself.

    C: zmq_threadclose, which has no manual page
    """
    handle = handle_of(thread, ThreadHandle)
    if handle.thread is None:
        raise failure(errno.EFAULT, "zmq_threadclose")
    if handle.thread is threading.current_thread():
        raise failure(errno.EINVAL, "zmq_threadclose")
    handle.thread.join()
    handle.thread = None
