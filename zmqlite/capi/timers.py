"""Timers: the calls of zmq.h that begin with zmq_timers_, with functions of Python as handlers.

libzmq calls the handlers of what is due inside zmq_timers_execute, on the thread that called it.
There is one callback for all of them, which finds the handler by the timers object and the id. An
exception in a handler waits until libzmq has come out of the call; the other handlers that are due
run before it is raised.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from .._zmq import ffi, lib
from ..errors import failure
from ..ownership import owned
from ._handles import Handle, c_call, handle_of, void_p
from .variables import c_pointer, pointer_of

if TYPE_CHECKING:
    from .._zmq import CData

TimerFunction: TypeAlias = Callable[[int, Any], object]


class TimersHandle(Handle):
    """Timers: libzmq's, in a cell that frees them with its last reference, and the handlers.

    `lock` lets one thread at a time in, since libzmq has no lock. It is reentrant for handlers,
    which may add and cancel timers; `executing` keeps them from what libzmq would not survive.
    """

    __slots__ = ("cell", "executing", "handlers", "lock", "myself")
    kind = "timers object"

    def __init__(self) -> None:
        cell = ffi.new("void **", lib.zmq_timers_new())
        self.cell: CData | None = owned(cell, lib.zmq_timers_destroy)
        self.executing: bool = False
        self.handlers: dict[int, tuple[TimerFunction, Any, int]] = {}
        self.lock: threading.RLock = threading.RLock()
        self.myself: CData = ffi.new_handle(self)

    def native(self, *, also_in_handler: bool = False) -> CData:
        """Return libzmq's timers; refuse if they were destroyed, or a handler must not."""
        if self.cell is None:
            raise failure(errno.EFAULT, self.kind)
        if self.executing and not also_in_handler:
            raise failure(errno.EBUSY, self.kind)
        timers: CData = self.cell[0]
        return timers


class _Raised(threading.local):
    """What handlers raised on this thread since the call that runs them."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []


_raised = _Raised()


def _keep(kind: object, error: BaseException, trace: object) -> None:
    _raised.errors.append(error)


@ffi.def_extern(onerror=_keep)
def zl_timer(timer_id: int, myself: CData) -> None:
    """Call the handler of a timer that is due."""
    timers: TimersHandle = ffi.from_handle(myself)
    if timer_id not in timers.handlers:
        return
    handler, arg, interval = timers.handlers[timer_id]
    try:
        handler(timer_id, arg)
    except BaseException:
        if not interval:  # libzmq would call it again at once, and for ever
            zmq_timers_cancel(timers, timer_id)
        raise


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
        handle.native()
        handle.cell = None
        handle.myself = ffi.NULL
        handle.handlers.clear()
    pointer.value = None
    return 0


@c_call(-1)
def zmq_timers_add(
    timers: void_p, interval: int, handler: TimerFunction | None, arg: object
) -> int:
    """Add a timer that has `handler(timer_id, arg)` called every `interval` milliseconds.

    Only `zmq_timers_execute` calls it, and goes on calling one with interval 0 until that is
    cancelled or raises. A handler may add and cancel timers; all other calls on them fail with
    EBUSY.

    Returns the timer's id, or -1 and errno EFAULT (no timers object, or no handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    if handler is None:
        raise failure(errno.EFAULT, "zmq_timers_add")
    if not callable(handler):
        raise TypeError(f"handler is a function, not {type(handler).__name__}")
    with handle.lock:
        pointer = handle.native(also_in_handler=True)
        timer_id = lib.zmq_timers_add(pointer, interval, lib.zl_timer, handle.myself)
        if timer_id > 0:
            handle.handlers[timer_id] = handler, arg, interval
        return timer_id


@c_call(-1)
def zmq_timers_cancel(timers: void_p, timer_id: int) -> int:
    """End a timer.

    Returns 0, or -1 and errno EINVAL (no such timer) or EFAULT (no timers object).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        code = lib.zmq_timers_cancel(handle.native(also_in_handler=True), timer_id)
        if code == 0:
            handle.handlers.pop(timer_id, None)
        return code


@c_call(-1)
def zmq_timers_set_interval(timers: void_p, timer_id: int, interval: int) -> int:
    """Change the interval of a timer, in milliseconds; it begins again now.

    Returns 0, or -1 and errno EINVAL (no such timer), EFAULT (no timers object) or EBUSY (called by
    a handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        code = lib.zmq_timers_set_interval(handle.native(), timer_id, interval)
        if code == 0:
            handler, arg, _ = handle.handlers[timer_id]
            handle.handlers[timer_id] = handler, arg, interval
        return code


@c_call(-1)
def zmq_timers_reset(timers: void_p, timer_id: int) -> int:
    """Let the interval of a timer begin again now.

    Returns 0, or -1 and errno EINVAL (no such timer), EFAULT (no timers object) or EBUSY (called by
    a handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        return lib.zmq_timers_reset(handle.native(), timer_id)


@c_call(-1)
def zmq_timers_timeout(timers: void_p) -> int:
    """Return the milliseconds until the next timer is due, to be given to `zmq_poll`.

    0 where one is due now, -1 where there is none; -1 with errno EFAULT (no timers object) or EBUSY
    (called by a handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        return lib.zmq_timers_timeout(handle.native())


@c_call(-1)
def zmq_timers_execute(timers: void_p) -> int:
    """Call the handlers of all timers that are due; what one of them raises is raised at the end.

    Where several raise, that is a BaseExceptionGroup. Calls from other threads wait meanwhile.

    Returns 0, or -1 and errno EFAULT (no timers object) or EBUSY (called by a handler).

    C: zmq_timers(3)
    """
    handle = handle_of(timers, TimersHandle)
    with handle.lock:
        pointer = handle.native()
        outer, _raised.errors = _raised.errors, []
        handle.executing = True
        try:
            code = lib.zmq_timers_execute(pointer)
        finally:
            handle.executing = False
            errors, _raised.errors = _raised.errors, outer
    if len(errors) > 1:
        raise BaseExceptionGroup("handlers of timers failed", errors)
    if errors:
        raise errors[0]
    return code
