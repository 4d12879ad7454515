"""The Pythonic API and the C API behind the same few functions, for the state machine.

What the Pythonic API raises and what the C API leaves in errno is an Errno here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import zmqlite as zmq
from zmqlite import capi

WAIT = 10_000
"""Milliseconds of every wait: for what has to come."""

LINGER = 50
"""Milliseconds. With none libzmq may abort where a connection ends in the middle of a message."""

lent: Counter[bytes] = Counter()
"""Data that was given to zmq_msg_init_data and not freed yet."""


class Errno(int):
    """A call that failed."""


def attempt(call: Callable[..., Any], *arguments: Any) -> Any:
    """What a call returned, or an Errno."""
    try:
        return call(*arguments)
    except OSError as error:
        return Errno(error.errno or 0)


def check(code: Any) -> Any:
    """What a function of zmq.h returned; OSError if it failed."""
    if code is None or code == -1:
        raise OSError(capi.zmq_errno(), "")
    return code


def checked(name: str) -> staticmethod[..., None]:
    """A function of zmq.h that returns 0 or fails."""
    return staticmethod(lambda *given: check(getattr(capi, f"zmq_{name}")(*given)) or None)


def borrow(message: capi.zmq_msg_t, data: bytes) -> None:
    """Make a message of memory that is counted until it is given back."""
    lent[data] += 1
    memory = bytearray(data)
    free = lambda memory, data: lent.subtract([bytes(memory)])  # noqa: E731
    check(capi.zmq_msg_init_data(message, memory, len(memory), free, data))


class Pythonic:
    """`import zmqlite as zmq`."""

    @staticmethod
    def context() -> Any:
        return zmq.Context(linger=0)

    @staticmethod
    def socket(context: zmq.Context, kind: str, options: dict[str, Any]) -> Any:
        return context.socket(zmq.SocketType[kind], linger=LINGER, **options)

    set = setattr
    get = getattr
    bind, connect = zmq.Socket.bind, zmq.Socket.connect
    unbind, disconnect = zmq.Socket.unbind, zmq.Socket.disconnect
    close = zmq.Socket.close
    shutdown, term = zmq.Context.shutdown, zmq.Context.term

    @staticmethod
    def poll(socket: zmq.Socket, events: int) -> bool:
        return bool(socket.poll(WAIT, events))

    @staticmethod
    def iterate(socket: zmq.Socket, iterator: Any) -> Any:
        for got in iterator:
            return got
        raise OSError(capi.ETERM, "")

    @staticmethod
    def receive_into(socket: zmq.Socket, size: int, flags: int) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: socket.recv_into(buffer, flags)])


class C:
    """`from zmqlite.capi import *`."""

    @staticmethod
    def context() -> Any:
        return check(capi.zmq_ctx_new())

    @staticmethod
    def socket(context: Any, kind: str, options: dict[str, Any]) -> Any:
        socket = check(capi.zmq_socket(context, zmq.SocketType[kind]))
        for name, value in {"linger": LINGER, **options}.items():
            C.set(socket, name, value)
        return socket

    @staticmethod
    def set(socket: Any, name: str, value: int | bytes) -> None:
        data = capi.c_int(value) if isinstance(value, int) else value
        number = getattr(capi, "ZMQ_" + name.upper())
        check(capi.zmq_setsockopt(socket, number, data, len(data)))

    @staticmethod
    def get(socket: Any, name: str) -> int:
        value = capi.c_int()
        number = getattr(capi, "ZMQ_" + name.upper())
        check(capi.zmq_getsockopt(socket, number, value, capi.c_size_t(4)))
        return value.value

    @staticmethod
    def bind(socket: Any, endpoint: str) -> str:
        check(capi.zmq_bind(socket, endpoint))
        real = capi.c_char_buffer(300)
        size = capi.c_size_t(300)
        check(capi.zmq_getsockopt(socket, capi.ZMQ_LAST_ENDPOINT, real, size))
        return real.value.decode()

    connect, close = checked("connect"), checked("close")
    unbind, disconnect = checked("unbind"), checked("disconnect")
    shutdown, term = checked("ctx_shutdown"), checked("ctx_term")

    @staticmethod
    def poll(socket: Any, events: int) -> bool:
        return bool(check(capi.zmq_poll([capi.zmq_pollitem_t(socket, 0, events)], 1, WAIT)))

    @staticmethod
    def send_message(socket: Any, data: bytes, flags: int, borrowed: bool) -> None:
        message = capi.zmq_msg_t()
        if borrowed:
            borrow(message, data)
        else:
            check(capi.zmq_msg_init_size(message, len(data)))
            capi.zmq_msg_data(message)[:] = data
        try:
            check(capi.zmq_msg_send(message, socket, flags))
        finally:
            capi.zmq_msg_close(message)

    @staticmethod
    def send_parts(socket: Any, frames: list[bytes], flags: int) -> None:
        parts = [capi.iovec(frame, len(frame)) for frame in frames]
        check(capi.zmq_sendiov(socket, parts, len(parts), flags | capi.ZMQ_SNDMORE))

    @staticmethod
    def receive(socket: Any, flags: int) -> bytes:
        buffer = bytearray(100_000)
        return bytes(buffer[: check(capi.zmq_recv(socket, buffer, len(buffer), flags))])

    @staticmethod
    def receive_message(socket: Any, flags: int) -> bytes:
        message = capi.zmq_msg_t()
        capi.zmq_msg_init(message)
        check(capi.zmq_msg_recv(message, socket, flags))
        return bytes(capi.zmq_msg_data(message))

    @staticmethod
    def receive_parts(socket: Any, flags: int) -> list[bytes]:
        parts = [capi.iovec() for _ in range(200)]
        count = check(capi.zmq_recviov(socket, parts, capi.c_size_t(200), flags))
        return [bytes(part.iov_base) for part in parts[:count]]  # type: ignore[arg-type]


Send = Callable[[Any, list[bytes], int], Any]
Receive = Callable[[Any, int], Any]

# One frame, the frames of one message, or messages of one frame each.
SENDS: dict[Any, dict[str, dict[str, Send]]] = {
    Pythonic: {
        "frame": {
            "send": lambda s, frames, flags: s.send(frames[0], flags),
            "buffer": lambda s, frames, flags: s.send(bytearray(frames[0]), flags),
            "string": lambda s, frames, flags: s.send_string(frames[0].decode(), flags),
            "message": lambda s, frames, flags: s.send(zmq.Message(bytearray(frames[0])), flags),
        },
        "whole": {
            "multipart": lambda s, frames, flags: s.send_multipart(frames, flags),
            "buffers": lambda s, frames, flags: s.send_multipart([*map(bytearray, frames)], flags),
            "messages": lambda s, frames, flags: s.send_multipart(
                [zmq.Message(bytearray(frame)) for frame in frames], flags
            ),
        },
        "many": {"many": lambda s, frames, flags: s.send_many(frames, flags)},
    },
    C: {
        "frame": {
            "send": lambda s, frames, flags: check(
                capi.zmq_send(s, frames[0], len(frames[0]), flags)
            ),
            "copied": lambda s, frames, flags: C.send_message(s, frames[0], flags, False),
            "message": lambda s, frames, flags: C.send_message(s, frames[0], flags, True),
        },
        "whole": {"parts": C.send_parts},
    },
}
RECEIVES: dict[Any, dict[str, dict[str, Receive]]] = {
    Pythonic: {
        "frame": {
            "recv": lambda s, flags: s.recv(flags),
            "string": lambda s, flags: s.recv_string(flags).encode(),
            "message": lambda s, flags: s.recv_message(flags),
            "into": lambda s, flags: Pythonic.receive_into(s, 100_000, flags),
            "short": lambda s, flags: Pythonic.receive_into(s, 3, flags),
            "next": lambda s, flags: Pythonic.iterate(s, iter(s)),
        },
        "whole": {
            "multipart": lambda s, flags: s.recv_multipart(flags),
            "parts": lambda s, flags: [bytes(part) for part in s.recv_parts(2, flags)],
            "iterate": lambda s, flags: Pythonic.iterate(s, s.iter_multipart()),
        },
        "many": {
            "many": lambda s, flags: s.recv_many(1024, flags),
            "two": lambda s, flags: s.recv_many(2, flags),
        },
    },
    C: {
        "frame": {"recv": C.receive, "message": C.receive_message},
        "whole": {"parts": C.receive_parts},
    },
}
LENT = ("message", "messages")
"""Forms that lend memory, and receives that keep it."""
