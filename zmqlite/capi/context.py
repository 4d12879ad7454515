"""Contexts, which the calls of zmq.h that begin with zmq_ctx_ make, change and end."""

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

_MOST_SOCKETS = 2**30  # libzmq adds its own threads, and aborts where that overflows an int


def zmq_ctx_new() -> void_p:
    """Return a new context, or None with errno EMFILE or ENFILE.

    Any thread may use it. It lives until `zmq_ctx_term`: forgetting it ends nothing, and neither
    does the end of the program, which drops what is still to be sent. A child process made by
    fork() has to make its own.

    C: zmq_ctx_new(3)
    """
    pointer = lib.zmq_ctx_new()
    return ContextHandle(pointer) if pointer else None


@c_call(-1)
def zmq_ctx_term(context: void_p) -> int:
    """End a context, once all of its sockets are closed and what they sent has left.

    Waits for ever where another thread leaves a socket open, or where a message has no taker and
    its socket's ZMQ_LINGER is -1, which is the default. From the start all other calls on its
    sockets fail with ETERM.

    Returns 0, or -1 and errno EINTR (a signal arrived: call it again) or EFAULT (no context, one
    that was ended before, or one that another thread is ending).

    C: zmq_ctx_term(3)
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
    """Let all calls on the context's sockets, also those that wait now, fail with ETERM.

    Nothing is closed. Doing it again does nothing.

    Returns 0, or -1 and errno EFAULT (no context, or one that was ended).

    C: zmq_ctx_shutdown(3)
    """
    handle = context_of(context)
    with handle.lock:
        return 0 if handle.ending else lib.zmq_ctx_shutdown(handle.pointer())


@c_call(-1)
def zmq_ctx_set(context: void_p, option: int, optval: int) -> int:
    """Set an option of a context: ZMQ_IO_THREADS, ZMQ_MAX_SOCKETS, ZMQ_IPV6, ZMQ_BLOCKY ...

    What concerns the threads has to be set before the first socket is made.

    Returns 0, or -1 and errno EINVAL (unknown option, value out of range, a CPU that the system
    does not let threads have) or EFAULT (no context, or one that was ended or is being ended).

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

    Returns the value, or -1 and errno EINVAL (unknown option) or EFAULT (no context, or one that
    was ended or is being ended). -1 is also a value, of ZMQ_THREAD_SCHED_POLICY.

    C: zmq_ctx_get(3)
    """
    handle = context_of(context)
    with handle.lock:
        return lib.zmq_ctx_get(handle.pointer(), option)


@c_call(None)
def zmq_init(io_threads: int) -> void_p:
    """Return a new context with so many I/O threads; deprecated.

    None and errno EINVAL (negative), EMFILE or ENFILE where it fails.

    C: zmq_init(3), zmq_ctx_new(3), ZMQ_IO_THREADS in zmq_ctx_set(3)
    """
    pointer = lib.zmq_init(io_threads)
    return ContextHandle(pointer) if pointer else None


def zmq_term(context: void_p) -> int:
    """Be the first name of `zmq_ctx_term`; deprecated.

    C: zmq_term(3), zmq_ctx_term(3)
    """
    return zmq_ctx_term(context)


def zmq_ctx_destroy(context: void_p) -> int:
    """Be the second name of `zmq_ctx_term`; deprecated.

    C: zmq_ctx_destroy(3), zmq_ctx_term(3)
    """
    return zmq_ctx_term(context)


def start(handle: ContextHandle) -> None:
    """Refuse what libzmq would abort on as it starts its threads, with the first socket."""
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
