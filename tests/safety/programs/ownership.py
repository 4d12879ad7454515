"""Garbage: cycles whose finalizers use what they own, collected with nothing else around."""

from __future__ import annotations

import contextlib
import gc
import weakref

from prelude import main

import zmqlite as zmq
from zmqlite import capi

CONTENT = b"content" * 10


class User:
    """Part of a cycle, and an owner that uses what it owns while the collector takes it."""

    def __init__(self, context: zmq.Context) -> None:
        self.me = self
        self.context = context
        self.socket = context.socket(zmq.PUSH, linger=0)
        self.message = zmq.Message(CONTENT)
        self.view = self.message.data
        self.seen: list[object] = []

    def __del__(self) -> None:
        self.seen += [bytes(self.message), self.view[:7].tobytes(), self.socket.closed]


class Port:
    """The same in terms of C."""

    def __init__(self, context: capi.void_p) -> None:
        self.me = self
        self.socket = capi.zmq_socket(context, capi.ZMQ_PUSH)
        self.message = capi.zmq_msg_t()
        assert capi.zmq_msg_init_size(self.message, 70) == 0
        self.view = capi.zmq_msg_data(self.message)
        self.view[:] = CONTENT
        self.seen: list[object] = []

    def __del__(self) -> None:
        content = bytes(capi.zmq_msg_data(self.message))
        self.seen += [content, self.view[:7].tobytes(), capi.zmq_close(self.socket)]


def collected(owners: list[User] | list[Port], last: object) -> None:
    """Let the collector take one, which must have found all it owns usable."""
    seen = owners[0].seen
    owners.clear()
    gc.collect(0)
    gc.collect()
    assert seen == [CONTENT, b"content", last], seen


def socket_and_message() -> None:
    with zmq.Context() as context:
        for _ in range(60):
            owners = [User(context)]
            owners[0].socket.close()
            collected(owners, True)


def context_and_socket() -> None:
    for _ in range(20):
        owners = [User(zmq.Context(linger=0))]
        owners[0].socket.close()
        context = weakref.ref(owners[0].context)
        collected(owners, True)
        assert context() is None


def variables_of_c() -> None:
    context = capi.zmq_ctx_new()
    for _ in range(60):
        collected([Port(context)], 0)
    assert capi.zmq_ctx_term(context) == 0


def errors() -> None:
    gc.disable()
    with zmq.Context() as context:
        for kind in (zmq.PUSH, zmq.PULL):
            socket = context.socket(kind)
            with contextlib.suppress(zmq.ZMQError):
                socket.send(b"", zmq.DONTWAIT)
            with contextlib.suppress(zmq.ZMQError):
                socket.recv(zmq.DONTWAIT)
            reference = weakref.ref(socket)
            socket.close()
            del socket
            assert reference() is None


if __name__ == "__main__":
    main(globals())
