"""Sending and receiving from and to plain memory."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from .._zmq import ffi, lib
from ..errors import failure
from ._handles import answer, c_call, native, void_p
from ._memory import Memory, constant, source, target
from ._message import zmq_msg_t
from .message import (
    zmq_msg_data,
    zmq_msg_init,
    zmq_msg_more,
    zmq_msg_recv,
    zmq_msg_size,
)

_SIZE = ffi.sizeof("size_t")


class iovec:
    """C's `struct iovec`: memory and how much of it, one part of a message."""

    __slots__ = ("iov_base", "iov_len")

    def __init__(self, iov_base: Memory = None, iov_len: int = 0) -> None:
        self.iov_base: Memory = iov_base
        self.iov_len: int = iov_len

    def __repr__(self) -> str:
        return f"iovec({self.iov_base!r}, {self.iov_len})"


@c_call(-1)
def zmq_send(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Send the first `len` bytes of `buf` as one part of a message; they are copied.

    `flags` are ZMQ_DONTWAIT, and ZMQ_SNDMORE where more parts of the same message follow. Otherwise
    it waits as long as ZMQ_SNDTIMEO says. Sent means queued.

    Returns the number of bytes, or -1 and errno EAGAIN (no room in time), ENOTSUP (not with this
    type of socket), EINVAL (several parts, and the type of socket has none), EFSM (not in this
    state), EHOSTUNREACH (no such routing id), EINTR (a signal arrived), ENOMEM, EFAULT (`buf` has
    less than `len` bytes), ETERM, ENOTSOCK or EBUSY.

    C: zmq_send(3)
    """
    pointer = native(socket)
    return answer(lib.zl_raw_send(pointer, source(buf, len, "zmq_send"), len, flags))


@c_call(-1)
def zmq_send_const(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Send as `zmq_send` does, but without a copy: `buf` must never change.

    It is kept alive for ever, as libzmq never says that it is done with it.

    C: zmq_send_const(3)
    """
    pointer = native(socket)
    memory = constant(source(buf, len, "zmq_send_const"), len)
    return answer(lib.zl_raw_send_const(pointer, memory, len, flags))


@c_call(-1)
def zmq_recv(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Receive one part of a message into `buf`, at most `len` bytes of it; the rest is lost.

    `flags` are 0 or ZMQ_DONTWAIT; with 0 it waits as long as ZMQ_RCVTIMEO says.

    Returns the size of the part, which may be more than `len`, or -1 and errno EAGAIN (nothing came
    in time), ENOTSUP (not with this type of socket), EFSM (not in this state), EINTR (a signal
    arrived), EFAULT (`buf` has less than `len` bytes), ETERM, ENOTSOCK or EBUSY.

    C: zmq_recv(3)
    """
    pointer = native(socket)
    return answer(lib.zl_raw_recv(pointer, target(buf, len, "zmq_recv"), len, flags))


@c_call(-1)
def zmq_sendiov(socket: void_p, iov: Sequence[iovec] | None, count: int, flags: int) -> int:
    """Send the first `count` pieces of memory, with ZMQ_SNDMORE as the parts of one message.

    Without ZMQ_SNDMORE each is a message of its own. Deprecated.

    Returns the size of the last part, or -1 and errno EINVAL (no pieces), EFAULT (less pieces, or
    less memory in one of them, than was said), or as `zmq_send`.

    C: zmq_sendiov, which has no page
    """
    pointer = native(socket)
    given = _pieces(iov, count)
    parts = ffi.new("struct iovec[]", count)
    memory = []
    for part, piece in zip(parts, given, strict=True):
        start = source(piece.iov_base, piece.iov_len, "zmq_sendiov")
        if isinstance(start, bytes):
            start = ffi.from_buffer("char[]", start)
        memory.append(start)
        part.iov_base = start
        part.iov_len = piece.iov_len
    return answer(lib.zl_raw_sendiov(pointer, parts, count, flags))


@c_call(-1)
def zmq_recviov(socket: void_p, iov: Sequence[iovec] | None, count: Memory, flags: int) -> int:
    """Receive the parts of one message, at most as many as the `c_size_t` `count` says.

    Each `iov_base` becomes a bytearray, where C has memory to be freed. `count` becomes the number
    of parts, also where it fails after some. Deprecated.

    Returns the number of parts, or -1 and errno EINVAL (no room), EFAULT (less room than was said),
    or as `zmq_recv`.

    C: zmq_recviov, which has no page
    """
    native(socket)
    if count is None:
        raise failure(errno.EINVAL, "zmq_recviov")
    place = target(count, _SIZE, "zmq_recviov")
    number = ffi.new("size_t *")
    ffi.memmove(number, place, _SIZE)
    room = _pieces(iov, number[0])
    message = zmq_msg_t()
    zmq_msg_init(message)
    number[0], more = 0, 1
    ffi.memmove(place, number, _SIZE)
    while more and number[0] < len(room):
        if zmq_msg_recv(message, socket, flags) == -1:
            return -1
        piece = room[number[0]]
        piece.iov_base = bytearray(zmq_msg_data(message))
        piece.iov_len = zmq_msg_size(message)
        more = zmq_msg_more(message)
        number[0] += 1
        ffi.memmove(place, number, _SIZE)
    return int(number[0])


def _pieces(iov: Sequence[iovec] | None, count: int) -> Sequence[iovec]:
    """Return the first `count` pieces, with the refusals that the two calls share."""
    if iov is None or count == 0:
        raise failure(errno.EINVAL, "iovec")
    if count > len(iov):
        raise failure(errno.EFAULT, "iovec")
    pieces = iov[:count]
    for piece in pieces:
        if not isinstance(piece, iovec):
            raise TypeError(f"an iovec stands here, not {type(piece).__name__}")
    return pieces
