"""Contexts: the zmq_ctx_ functions of zmq.h, and their old names."""

from __future__ import annotations

import errno

from .._zmq import lib
from ..context import BASE_FDS, THREAD_FDS
from ..context_options import ContextOptions, check_thread_options
from ..errors import failure
from ..fds import reserve
from ..message import collect
from ._handles import ContextHandle, answer, c_call, context_of, void_p
from .constants import (
    ETERM,
    ZMQ_IO_THREADS,
    ZMQ_MAX_SOCKETS,
    ZMQ_THREAD_AFFINITY_CPU_ADD,
    ZMQ_THREAD_PRIORITY,
    ZMQ_THREAD_SCHED_POLICY,
)

__all__ = [
    "zmq_ctx_destroy", "zmq_ctx_get", "zmq_ctx_new", "zmq_ctx_set", "zmq_ctx_shutdown",
    "zmq_ctx_term", "zmq_init", "zmq_term",
]  # fmt: skip

_MOST_SOCKETS = 2**30  # libzmq adds the number of its threads, and aborts if an int overflows


def zmq_ctx_new() -> void_p:
    """Return a new context, or None with errno EMFILE or ENFILE.

    Any thread may use it. It lives until `zmq_ctx_term`: dropping the last reference does not end
    it. A program that exits without `zmq_ctx_term` does not wait, and what is not sent yet is lost.
    A child process after fork() has to create its own context.

    C: zmq_ctx_new(3)
    """
    pointer = lib.zmq_ctx_new()
    return ContextHandle(pointer) if pointer else None


@c_call(-1)
def zmq_ctx_term(context: void_p) -> int:
    """Terminate a context: wait until its sockets are closed and their messages are sent.

    It waits for ever if a socket stays open, or if a message cannot be sent and the ZMQ_LINGER of
    its socket is -1, the default. As soon as it has begun, calls on the context's sockets fail with
    ETERM, except zmq_close.

    Returns 0, or -1 and errno EINTR (a signal arrived: call it again) or EFAULT (no context, or
    terminated before, or another thread is terminating it).

    `zmq_term` and `zmq_ctx_destroy` are deprecated names of the same function.

    C: zmq_ctx_term(3), zmq_term(3), zmq_ctx_destroy(3)
    """
    handle = context_of(context)
    with handle.lock:
        handle.pointer()
        handle.ending = True
    try:
        code = lib.zl_raw_ctx_term(handle.cell)
    finally:
        handle.ending = False
    collect()
    return answer(code)


@c_call(-1)
def zmq_ctx_shutdown(context: void_p) -> int:
    """Make all calls on the context's sockets fail with ETERM, also those that are waiting.

    It closes nothing. A second call does nothing.

    Returns 0, or -1 and errno EFAULT (no context, or terminated).

    C: zmq_ctx_shutdown(3)
    """
    handle = context_of(context)
    with handle.lock:
        return 0 if handle.ending else lib.zmq_ctx_shutdown(handle.pointer())


@c_call(-1)
def zmq_ctx_set(context: void_p, option: int, optval: int) -> int:
    """Set an option of a context: ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_IPV6, ZMQ_BLOCKY ...

    Options of the I/O threads have an effect only before the first socket is created.

    Returns 0, or -1 and errno EINVAL (unknown option, value out of range, or a CPU that the process
    may not use) or EFAULT (no context, or terminated, or another thread is terminating it).

    C: zmq_ctx_set(3)
    """
    handle = context_of(context)
    with handle.lock:
        pointer = handle.pointer()
        if option == ZMQ_THREAD_AFFINITY_CPU_ADD and optval >= 0:
            _check_cpu(optval)
        elif option == ZMQ_MAX_SOCKETS and optval > _MOST_SOCKETS:
            raise failure(errno.EINVAL, "zmq_ctx_set")
        code = lib.zmq_ctx_set(pointer, option, optval)
        if code == 0 and option == ZMQ_THREAD_PRIORITY:
            handle.priority = optval
        return code


@c_call(-1)
def zmq_ctx_get(context: void_p, option: int) -> int:
    """Return an option of a context.

    Returns the value, or -1 and errno EINVAL (unknown option) or EFAULT (no context, or terminated,
    or another thread is terminating it). -1 is also the default of ZMQ_THREAD_SCHED_POLICY.

    C: zmq_ctx_get(3)
    """
    handle = context_of(context)
    with handle.lock:
        return lib.zmq_ctx_get(handle.pointer(), option)


@c_call(None)
def zmq_init(io_threads: int) -> void_p:
    """Return a new context with this number of I/O threads; deprecated.

    Returns None with errno EINVAL (negative), EMFILE or ENFILE if it fails.

    C: zmq_init(3), zmq_ctx_new(3), ZMQ_IO_THREADS in zmq_ctx_set(3)
    """
    pointer = lib.zmq_init(io_threads)
    return ContextHandle(pointer) if pointer else None


zmq_term = zmq_ctx_term
zmq_ctx_destroy = zmq_ctx_term


def start(handle: ContextHandle) -> None:
    """Before the first socket: refuse options and limits with which libzmq would abort.

    libzmq starts its threads when the first socket is created.
    """
    pointer = handle.pointer(ETERM)
    if handle.started:
        return
    policy = lib.zmq_ctx_get(pointer, ZMQ_THREAD_SCHED_POLICY)
    check_thread_options(policy, handle.priority)
    threads = lib.zmq_ctx_get(pointer, ZMQ_IO_THREADS)
    reserve(BASE_FDS + THREAD_FDS * threads, "zmq_socket")
    handle.started = True


def _check_cpu(number: int) -> None:
    try:
        ContextOptions.thread_affinity_cpu_add.to_int(number)
    except ValueError:
        raise failure(errno.EINVAL, "zmq_ctx_set") from None
