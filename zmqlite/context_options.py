"""The options of a context: one row each, all integers in C.

All that a stable libzmq has are here, and zero_copy_recv, which has the number of a draft but
works on stable builds. A default is libzmq's own.
"""

from __future__ import annotations

import _thread
import errno
import os

from .arguments import INT_MAX
from .errors import ZMQError, failure, meant
from .options import Bool, Effect, HasAdvice, Int, Missing, Number, resolve, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class Cpu(Int):
    """A CPU for the threads to run on, which the system would let a thread have."""

    def to_int(self, value: int) -> int:
        cpu = super().to_int(value)
        _rehearse(lambda: os.sched_setaffinity(0, {cpu}), self.name)
        return cpu


class ContextOptions(HasAdvice):
    """Options as attributes of a context.

    Set them before the first socket is created: what concerns the threads is silently ignored
    afterwards, though it reads back.

    Raises:
        AttributeError: a write-only option was read, or a read-only one set.
        TypeError, ValueError: a value of the wrong type or out of range.

    C: zmq_ctx_set(3), zmq_ctx_get(3)
    """

    __slots__ = ()

    _kind = "context"

    if not TYPE_CHECKING:
        instance = Missing()  # which pyzmq's programs ask the class for

    io_threads: Int = Int(1, 1, effect=Effect.START)
    """Threads that do the networking; with 0 only inproc works."""
    max_sockets: Int = Int(2, 1023, low=1, high=65535, effect=Effect.START)
    """Sockets at the same time, those of monitors included, and one more as soon as a socket
    connects to an inproc endpoint that nobody has bound."""
    socket_limit: Int = Int(3, access="r")
    """The largest max_sockets."""
    thread_priority: Int = Int(3, access="w", effect=Effect.START)
    """Priority of the threads. With the policies SCHED_FIFO and SCHED_RR it is theirs; with others
    any number asks for the highest, which needs a privilege."""
    thread_sched_policy: Int = Int(4, -1, effect=Effect.START)
    """Scheduling policy of the threads, one of os.SCHED_*; -1 if never set."""
    max_msgsz: Int = Int(5, INT_MAX, effect=Effect.NEVER)
    """Stored, but heeded nowhere; set a socket's maxmsgsize."""
    msg_t_size: Int = Int(6, 64, access="r")
    """Bytes of a zmq_msg_t."""
    thread_affinity_cpu_add: Cpu = Cpu(7, access="w", effect=Effect.START, high=1023)
    """A CPU for the threads to run on; more of them add up."""
    thread_affinity_cpu_remove: Int = Int(8, access="w", effect=Effect.START)
    """A CPU that was added, to take back."""
    thread_name_prefix: Int = Int(9, 0, effect=Effect.START)
    """A number in front of the threads' names."""
    zero_copy_recv: Bool = Bool(10, True, effect=Effect.SOCKETS)
    """Let frames share the memory that they were received into, rather than copy each; a small one
    that is kept then keeps up to 8 KiB."""
    ipv6: Bool = Bool(42, False, effect=Effect.SOCKETS)
    """What a new socket's ipv6 is."""
    blocky: Bool = Bool(70, True, effect=Effect.SOCKETS)
    """Whether a new socket's linger is libzmq's own default, rather than 0; a Context(linger=) sets
    its own anyway."""


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
    """Raise what libzmq would abort on as it starts its threads; -1 is "not set".

    Policy and priority are two options, and neither can be judged without the other. So a
    context calls this before it creates its first socket, after which they have no effect.

    Raises:
        ZMQError: the process lacks the privilege (EPERM).
        InvalidArgument: there is no such policy, or it has no such priority.
    """
    if policy != -1 or priority != -1:
        _rehearse(lambda: _schedule(policy, priority), "thread_sched_policy, thread_priority")


def _schedule(policy: int, priority: int) -> None:
    """Do to the calling thread what libzmq does to those that it starts."""
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
    """Make an attempt on a thread of its own, where it changes nothing for others."""
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
