"""What C allocated outlives everybody who may still use it, also in a cycle of garbage."""

from __future__ import annotations

import contextlib
import gc
import weakref

import pytest

import zmqlite as zmq
from zmqlite import capi


class User:
    """Part of a cycle, and an owner that uses what it owns while the collector takes it."""

    def __init__(self, context: zmq.Context) -> None:
        self.me = self
        self.context = context
        self.socket = context.socket(zmq.PUSH, linger=0)
        self.message = zmq.Message(b"content" * 10)
        self.view = self.message.data
        self.seen: list[object] = []

    def __del__(self) -> None:
        self.seen += [bytes(self.message), self.view[:7].tobytes(), self.socket.closed]


def test_a_finalizer_in_a_cycle_finds_its_socket_and_message_usable() -> None:
    with zmq.Context() as context:
        for _ in range(200):
            user = User(context)
            seen = user.seen
            user.socket.close()
            del user
            gc.collect(0)
            gc.collect()
            assert seen == [b"content" * 10, b"content", True]


def test_a_cycle_of_context_and_socket_is_ended_by_the_collector() -> None:
    seen = []
    for _ in range(20):
        user = User(zmq.Context(linger=0))
        user.socket.close()
        context = weakref.ref(user.context)
        seen.append(user.seen)
        del user
        gc.collect()
        assert context() is None
    assert seen == [[b"content" * 10, b"content", True]] * 20


@pytest.mark.parametrize("kind", [zmq.PUSH, zmq.PULL])
def test_an_error_does_not_keep_its_socket_alive(kind: zmq.SocketType) -> None:
    gc.disable()
    try:
        with zmq.Context() as context:
            socket = context.socket(kind)
            with contextlib.suppress(zmq.ZMQError):
                socket.send(b"", zmq.DONTWAIT)
            with contextlib.suppress(zmq.ZMQError):
                socket.recv(zmq.DONTWAIT)
            reference = weakref.ref(socket)
            socket.close()
            del socket
            assert reference() is None
    finally:
        gc.enable()


class Port:
    """The same in terms of C."""

    def __init__(self, context: capi.void_p) -> None:
        self.me = self
        self.socket = capi.zmq_socket(context, capi.ZMQ_PUSH)
        self.message = capi.zmq_msg_t()
        assert capi.zmq_msg_init_size(self.message, 70) == 0
        self.view = capi.zmq_msg_data(self.message)
        self.view[:] = b"content" * 10
        self.seen: list[object] = []

    def __del__(self) -> None:
        content = bytes(capi.zmq_msg_data(self.message))
        self.seen += [content, self.view[:7].tobytes(), capi.zmq_close(self.socket)]


def test_a_finalizer_in_a_cycle_finds_its_variables_of_c_usable() -> None:
    context = capi.zmq_ctx_new()
    for _ in range(200):
        port = Port(context)
        seen = port.seen
        del port
        gc.collect()
        assert seen == [b"content" * 10, b"content", 0]
    assert capi.zmq_ctx_term(context) == 0
