"""Any function with any arguments, in any order: a value, an errno, TypeError or ValueError."""

from __future__ import annotations

import inspect
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from capi.given import EXPORTED
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zmqlite import capi
from zmqlite._zmq import ffi
from zmqlite.capi import *
from zmqlite.capi._handles import ContextHandle, SocketHandle

FUNCTIONS: dict[str, Callable[..., object]] = {
    name: function
    for name in EXPORTED
    if name.startswith("zmq_") and inspect.isfunction(function := getattr(capi, name))
}
ARITY = {name: len(inspect.signature(function).parameters) for name, function in FUNCTIONS.items()}
NUMBERS = [-(2**63) - 1, -(2**31) - 1, -1, *range(100), 1000, 2**31 - 1, 2**31, 2**63, 2**64]
TEXTS = ["inproc://any", "tcp://127.0.0.1:*", "ipc://@any", "norm://any", "tcp://", "", "a\0b", "é"]
KINDS = range(ZMQ_PAIR, ZMQ_STREAM + 1)


def callback(*arguments: object) -> None:
    raise ValueError("called back")


class World:
    """What arguments are taken from: live things and stale ones, which calls make of each other."""

    def __init__(self) -> None:
        context = zmq_ctx_new()
        zmq_ctx_set(context, ZMQ_BLOCKY, 0)
        sockets = [zmq_socket(context, kind) for kind in KINDS]
        for number, socket in enumerate(sockets):
            zmq_bind(socket, f"inproc://{number}")
            zmq_connect(sockets[number - 1], f"inproc://{number}")
        messages = [zmq_msg_t() for _ in range(5)]
        for size, message in enumerate(messages):
            zmq_msg_init_size(message, size * 20)
        ended = zmq_ctx_new()
        zmq_ctx_term(ended)
        things = [
            zmq_timers_new(),
            zmq_atomic_counter_new(),
            zmq_stopwatch_start(),
            zmq_threadstart(id, None),
            ended,
            context,
        ]
        self.values: list[Any] = [
            *things,
            *sockets,
            *messages,
            *map(c_pointer, things),
            zmq_msg_t(),
            zmq_pollitem_t(sockets[0], 0, ZMQ_POLLIN),
            [zmq_pollitem_t(socket, 0, ZMQ_POLLIN) for socket in sockets],
            [iovec(b"part", 4), iovec(bytearray(9), 9), iovec(b"long", 9), iovec(None, 0)],
            [None],
            bytearray(300),
            memoryview(bytes(41)),
            memoryview(bytearray(99))[::3],
            *(kind(number) for kind in (c_int, c_size_t, c_int64) for number in (0, 1, 5, 255)),
            c_char_buffer(256),
            ffi.new("char[]", 300),
            ffi.NULL,
            callback,
            object(),
            1.5,
            True,
            {},
        ]

    def call(self, name: str, chosen: list[Any]) -> None:
        """Call a function, and keep what it makes."""
        arguments = [
            self.values[value[0] % len(self.values)] if isinstance(value, tuple) else value
            for value in chosen[: ARITY[name]]
        ]
        if name == "zmq_proxy_steerable":
            arguments[3] = None  # what arrives there may abort, as in C
        try:
            made = FUNCTIONS[name](*arguments)
        except (TypeError, ValueError, BaseExceptionGroup):
            return
        if made is not None and not isinstance(made, int | str):
            self.values.append(made)

    def end(self) -> None:
        """Free the descriptors."""
        for value in self.values:
            if isinstance(value, SocketHandle):
                zmq_close(value)
        for value in self.values:
            if isinstance(value, ContextHandle):
                for _ in range(100):
                    if zmq_ctx_term(value) == 0 or zmq_errno() != EINTR:
                        break


def any_arguments() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (2000, 2000))
    resource.setrlimit(resource.RLIMIT_AS, (2**32, 2**32))
    sys.unraisablehook = lambda arguments: None
    threading.excepthook = lambda arguments: None
    signal.signal(signal.SIGALRM, lambda signum, frame: None)
    signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)  # nothing waits longer
    argument = st.one_of(
        st.tuples(st.integers(0, 10**6)),  # one of the things
        st.sampled_from(NUMBERS),
        st.sampled_from(TEXTS),
        st.binary(max_size=50),
        st.none(),
    )
    calls = st.lists(
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(argument, min_size=5, max_size=5)),
        min_size=20,
        max_size=60,
    )

    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(calls)
    def check(calls: list[tuple[str, list[Any]]]) -> None:
        world = World()
        for name, chosen in calls:
            world.call(name, chosen)
        world.end()

    check()
    signal.setitimer(signal.ITIMER_REAL, 0)
