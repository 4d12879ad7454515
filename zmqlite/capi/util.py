"""Small helpers of zmq.h: atomic counters, stopwatches, sleeping, threads."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._zmq import ffi, lib
from ..errors import failure
from ..ownership import owned
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
    """A thing of libzmq's in a cell, which frees it with its last reference: so no call meets it
    freed by another thread."""

    __slots__ = ("cell",)

    def __init__(self, cell: CData) -> None:
        self.cell: CData | None = cell

    def live(self) -> CData:
        """Return the cell; refuse if it was given up."""
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
    """Return a counter, at 0, which any number of threads may use at once.

    C: zmq_atomic_counter_new(3)
    """
    cell = ffi.new("void **", lib.zmq_atomic_counter_new())
    return CounterHandle(owned(cell, lib.zmq_atomic_counter_destroy))


@c_call(None)
def zmq_atomic_counter_set(counter: void_p, value: int) -> None:
    """Set a counter; errno is EFAULT where it is none.

    C: zmq_atomic_counter_set(3)
    """
    cell = _counter(counter)
    lib.zmq_atomic_counter_set(cell[0], value)


@c_call(-1)
def zmq_atomic_counter_inc(counter: void_p) -> int:
    """Add 1; return what the counter was before, or -1 and errno EFAULT where it is none.

    C: zmq_atomic_counter_inc(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_inc(cell[0])


@c_call(-1)
def zmq_atomic_counter_dec(counter: void_p) -> int:
    """Subtract 1; return 0 if the counter came to 0, else 1; -1 and errno EFAULT where it is none.

    C: zmq_atomic_counter_dec(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_dec(cell[0])


@c_call(-1)
def zmq_atomic_counter_value(counter: void_p) -> int:
    """Return what the counter is, or -1 and errno EFAULT where it is none.

    C: zmq_atomic_counter_value(3)
    """
    cell = _counter(counter)
    return lib.zmq_atomic_counter_value(cell[0])


@c_call(None)
def zmq_atomic_counter_destroy(counter_p: c_pointer | None) -> None:
    """Free the counter in a `c_pointer`, whose value becomes None; errno is EFAULT if it has none.

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
    """Return a stopwatch, running.

    C: zmq_stopwatch_start, which has no page
    """
    return StopwatchHandle(owned(lib.zmq_stopwatch_start(), lib.zmq_stopwatch_stop))


@c_call(-1)
def zmq_stopwatch_intermediate(watch: void_p) -> int:
    """Return the microseconds since the start, or -1 and errno EFAULT where it is none.

    C: zmq_stopwatch_intermediate, which has no page
    """
    return lib.zmq_stopwatch_intermediate(_watch(watch).live())


@c_call(-1)
def zmq_stopwatch_stop(watch: void_p) -> int:
    """Return the microseconds since the start, and free the watch.

    -1 and errno EFAULT where it is none, or was stopped before.

    C: zmq_stopwatch_stop, which has no page
    """
    handle = _watch(watch)
    microseconds = lib.zmq_stopwatch_intermediate(handle.live())
    handle.cell = None
    return microseconds


# Time and threads


@c_call(None)
def zmq_sleep(seconds: int) -> None:
    """Sleep some seconds, or until a signal arrives.

    C: zmq_sleep, which has no page
    """
    lib.zmq_sleep(seconds)


class ThreadHandle(Handle):
    """A thread, None once it was waited for."""

    __slots__ = ("thread",)
    kind = "thread"

    def __init__(self, thread: threading.Thread) -> None:
        self.thread: threading.Thread | None = thread


@c_call(None)
def zmq_threadstart(func: Callable[[Any], object], arg: object) -> void_p:
    """Return a new thread that calls `func(arg)`.

    A thread of Python's, not of libzmq's: one of those would go on when the interpreter has gone.
    At the end of the program it is not waited for.

    Returns None and errno EAGAIN where the system has no thread to give.

    C: zmq_threadstart, which has no page
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

    Sets errno EFAULT where it is none or was waited for before, EINVAL where it is the caller's
    own.

    C: zmq_threadclose, which has no page
    """
    handle = handle_of(thread, ThreadHandle)
    if handle.thread is None:
        raise failure(errno.EFAULT, "zmq_threadclose")
    if handle.thread is threading.current_thread():
        raise failure(errno.EINVAL, "zmq_threadclose")
    handle.thread.join()
    handle.thread = None
