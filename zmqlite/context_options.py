"""The options of a context: one row each, all integers in C.

All that a stable libzmq has are here, and zero_copy_recv, which zmq.h calls a draft but stable
builds have. A default is libzmq's own.
"""

from __future__ import annotations

import _thread
import errno
import os

from .advice import meant
from .arguments import INT_MAX
from .errors import ZMQError, failure
from .option import Effect, HasAdvice, resolve, rows_of
from .options import Bool, Int, Number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Cpu(Int):
    """The number of a CPU that the system allows a thread to run on."""

    def to_int(self, value: int) -> int:
        cpu = super().to_int(value)
        _rehearse(lambda: os.sched_setaffinity(0, {cpu}), self.name)
        return cpu


class ContextOptions(HasAdvice):
    """Options as attributes of a context.

    Set them before the first socket is created, or give them to `Context(...)`. Afterwards libzmq
    ignores those that concern its threads without an error, although they read back as set.

    Raises:
        AttributeError: a write-only option was read, or a read-only one set.
        TypeError, ValueError: a value of the wrong type or out of range.

    C: zmq_ctx_set(3), zmq_ctx_get(3)
    """

    __slots__ = ()

    _kind = "context"

    io_threads: Int = Int(1, 1, effect=Effect.START)
    """How many threads do the network traffic; with 0 only inproc works."""
    max_sockets: Int = Int(2, 1023, low=1, high=65535, effect=Effect.START)
    """How many sockets there may be at a time. Monitors count, and so does one more socket from the
    first connect() to an inproc endpoint that is not bound.
    """
    socket_limit: Int = Int(3, access="r")
    """The largest value of max_sockets."""
    thread_priority: Int = Int(3, access="w", effect=Effect.START)
    """The priority of the I/O threads. With SCHED_FIFO and SCHED_RR it is used as it is; with other
    policies any number asks for the highest priority, which needs a privilege.
    """
    thread_sched_policy: Int = Int(4, -1, effect=Effect.START)
    """The scheduling policy of the I/O threads, one of os.SCHED_*; -1 until it is set."""
    max_msgsz: Int = Int(5, INT_MAX, effect=Effect.NEVER)
    """Has no effect in libzmq: set maxmsgsize of a socket instead."""
    msg_t_size: Int = Int(6, 64, access="r")
    """The size of a zmq_msg_t, in bytes."""
    thread_affinity_cpu_add: Cpu = Cpu(7, access="w", effect=Effect.START, high=1023)
    """A CPU that the I/O threads may run on; several add up."""
    thread_affinity_cpu_remove: Int = Int(8, access="w", effect=Effect.START)
    """A CPU to take back from those that were added."""
    thread_name_prefix: Int = Int(9, 0, effect=Effect.START)
    """A number that the names of the I/O threads start with."""
    zero_copy_recv: Bool = Bool(10, True, effect=Effect.SOCKETS)
    """Do not copy a received frame out of the memory it was read into. A small frame that is kept
    then keeps up to 8 KiB.
    """
    ipv6: Bool = Bool(42, False, effect=Effect.SOCKETS)
    """The ipv6 option of new sockets."""
    blocky: Bool = Bool(70, True, effect=Effect.SOCKETS)
    """Whether the linger of new sockets is libzmq's own default, not 0. Has no effect here, because
    a Context sets its own linger.
    """


ALL_CONTEXT_OPTIONS: dict[str, Number[Any, Any]] = rows_of(ContextOptions)


def context_option(option: Number[Any, Any] | int, access: str) -> Number[Any, Any]:
    """Return the row to read ("r") or write ("w") a context's option by; see resolve()."""
    return resolve(ALL_CONTEXT_OPTIONS, option, access, _unlisted)


def context_options(options: Mapping[str, Any]) -> dict[Number[Any, Any], Any]:
    """Return options that were given by name, by their rows.

    Raises:
        TypeError: a context has no such option.
    """
    for name in options:
        if name not in ALL_CONTEXT_OPTIONS:
            near = meant(name, ALL_CONTEXT_OPTIONS)
            raise TypeError(f"Context() got {name!r}, which is no option of a context{near}")
    return {ALL_CONTEXT_OPTIONS[name]: value for name, value in options.items()}


def _unlisted(number: int) -> Int:
    return Int(number, low=-INT_MAX - 1)


def check_thread_options(policy: int, priority: int) -> None:
    """Raise an error where libzmq would abort when it starts its threads; -1 is "not set".

    Only policy and priority together are right or wrong. So a context calls this before its first
    socket, when libzmq starts the threads, and not when either option is set.

    Raises:
        ZMQError: the process lacks the privilege (EPERM).
        InvalidArgument: there is no such policy, or it has no such priority.
    """
    if policy != -1 or priority != -1:
        _rehearse(lambda: _schedule(policy, priority), "thread_sched_policy, thread_priority")


def _schedule(policy: int, priority: int) -> None:
    """Set policy and priority of the calling thread as libzmq does for its own threads."""
    if policy == -1:
        policy = os.sched_getscheduler(0)
    real_time = policy in (os.SCHED_FIFO, os.SCHED_RR)
    static = os.sched_getparam(0).sched_priority
    if priority != -1:
        static = priority if real_time else 0
    os.sched_setscheduler(0, policy, os.sched_param(static))
    if priority != -1 and not real_time:  # 4.3.5 leaves 0 alone, 4.3.4 does not
        os.nice(-20)


def _rehearse(attempt: Callable[[], object], subject: str) -> None:
    """Call `attempt` on a new thread, since it changes the thread; raise as for zmq_ctx_set."""
    failed: list[ZMQError] = []
    running = _thread.allocate_lock()

    def run() -> None:
        try:
            attempt()
        except OSError as error:
            failed.append(failure(error.errno or errno.EINVAL, "zmq_ctx_set", subject))
        finally:
            running.release()

    running.acquire()
    _thread.start_new_thread(run, ())  # without `threading`, which takes long to import
    running.acquire()
    if failed:
        raise failed[0]
