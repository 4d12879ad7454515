"""Send from memory, and receive into memory."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from .._direct import raw_transfer
from .._zmq import ffi, lib
from ..errors import failure
from ._handles import answer, c_call, native, refused, socket_of, void_p
from ._memory import Memory, number_of, source, target, view_of
from ._message import constant_frame, zmq_msg_t
from .message import zmq_msg_data, zmq_msg_init, zmq_msg_more, zmq_msg_recv, zmq_msg_send

__all__ = ["iovec", "zmq_recv", "zmq_recviov", "zmq_send", "zmq_send_const", "zmq_sendiov"]

_SIZE = ffi.sizeof("size_t")


class iovec:
    """C's `struct iovec`: memory and its size, for one part of a message."""

    __slots__ = ("iov_base", "iov_len")

    def __init__(self, iov_base: Memory = None, iov_len: int = 0) -> None:
        self.iov_base: Memory = iov_base
        self.iov_len: int = iov_len

    def __repr__(self) -> str:
        return f"iovec({self.iov_base!r}, {self.iov_len})"


def zmq_send(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Send a copy of the first `len` bytes of `buf` as one part of a message.

    `flags` are ZMQ_DONTWAIT, and ZMQ_SNDMORE if more parts of the same message follow. Without
    ZMQ_DONTWAIT it waits for room in the queue, at most ZMQ_SNDTIMEO milliseconds. Success means
    that libzmq has queued the part.

    Returns the number of bytes, or -1 and errno EAGAIN (no room in time), ENOTSUP (not with this
    type of socket), EINVAL (several parts, which this type of socket does not send), EFSM (not in
    this state), EHOSTUNREACH (no such routing id), EINTR (a signal arrived), ENOMEM, EFAULT (`buf`
    has fewer than `len` bytes) or a socket error.

    C: zmq_send(3)
    """
    code = raw_transfer(socket, buf, len, flags, False)
    return code if code >= 0 else refused(code, _zmq_send, socket, buf, len, flags)


@c_call(-1)
def _zmq_send(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Send what C does not know: cffi's memory, a buffer with gaps, numbers that are no int."""
    handle = socket_of(socket)
    memory = source(buf, len, "zmq_send")
    size, number = number_of("size_t", len), number_of("int", flags)
    return answer(raw_transfer(handle, view_of(memory, size), size, number, False))


@c_call(-1)
def zmq_send_const(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Send as `zmq_send` does, but without a copy: `buf` must never change.

    It is never freed, because libzmq does not tell when it no longer reads it.

    C: zmq_send_const(3)
    """
    handle = socket_of(socket)
    message = zmq_msg_t()
    message.frame = constant_frame(buf, len, "zmq_send_const")
    return zmq_msg_send(message, handle, flags)


def zmq_recv(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Receive one part of a message into `buf`: at most `len` bytes, and the rest is lost.

    `flags` are 0 or ZMQ_DONTWAIT. With 0 it waits at most ZMQ_RCVTIMEO milliseconds.

    Returns the size of the part, which may be more than `len`, or -1 and errno EAGAIN (nothing came
    in time), ENOTSUP (not with this type of socket), EFSM (not in this state), EINTR (a signal
    arrived), EFAULT (`buf` has fewer than `len` bytes) or a socket error.

    C: zmq_recv(3)
    """
    code = raw_transfer(socket, buf, len, flags, True)
    return code if code >= 0 else refused(code, _zmq_recv, socket, buf, len, flags)


@c_call(-1)
def _zmq_recv(socket: void_p, buf: Memory, len: int, flags: int) -> int:
    """Receive into what C does not know: cffi's memory, or with numbers that are no int."""
    handle = socket_of(socket)
    memory = target(buf, len, "zmq_recv")
    size, number = number_of("size_t", len), number_of("int", flags)
    return answer(raw_transfer(handle, view_of(memory, size), size, number, True))


@c_call(-1)
def zmq_sendiov(socket: void_p, iov: Sequence[iovec] | None, count: int, flags: int) -> int:
    """Send the first `count` pieces of memory: with ZMQ_SNDMORE the parts of one message.

    Without ZMQ_SNDMORE each piece is a message. Deprecated.

    Returns the size of the last part, or -1 and errno EINVAL (no pieces), EFAULT (fewer pieces than
    `count`, or fewer bytes in one than its `iov_len`), or as `zmq_send` does.

    C: zmq_sendiov, which has no manual page
    """
    pointer = native(socket)
    given = _pieces(iov, count)
    parts = ffi.new("struct iovec[]", count)
    memory = []
    for part, piece in zip(parts, given, strict=True):
        part.iov_base = start = source(piece.iov_base, piece.iov_len, "zmq_sendiov")
        memory.append(start)
        part.iov_len = piece.iov_len
    return answer(lib.zl_raw_sendiov(pointer, parts, count, flags))


@c_call(-1)
def zmq_recviov(socket: void_p, iov: Sequence[iovec] | None, count: Memory, flags: int) -> int:
    """Receive the parts of one message, at most the number in `count`, a `c_size_t`.

    Each `iov_base` becomes a bytearray; in C it becomes memory that the caller frees. `count`
    becomes the number of parts received, also if the call fails after some. Deprecated.

    Returns the number of parts, or -1 and errno EINVAL (no pieces), EFAULT (fewer pieces than
    `count`), or as `zmq_recv` does.

    C: zmq_recviov, which has no manual page
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
        piece.iov_len = len(piece.iov_base)
        more = zmq_msg_more(message)
        number[0] += 1
        ffi.memmove(place, number, _SIZE)
    return int(number[0])


def _pieces(iov: Sequence[iovec] | None, count: int) -> Sequence[iovec]:
    """Return the first `count` pieces, for both functions; refuse what they both refuse."""
    if iov is None or count == 0:
        raise failure(errno.EINVAL, "iovec")
    if count > len(iov):
        raise failure(errno.EFAULT, "iovec")
    pieces = iov[:count]
    for piece in pieces:
        if not isinstance(piece, iovec):
            raise TypeError(f"an iovec stands here, not {type(piece).__name__}")
    return pieces
