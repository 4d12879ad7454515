"""Messages: the zmq_msg_ functions of zmq.h, and their old names."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._direct import Frame, collect, raw_msg_init, raw_msg_transfer
from .._zmq import ffi, lib
from ..errors import failure
from ._handles import UNUSUAL, SocketHandle, answer, c_call, refused, socket_of, void_p
from ._memory import Memory, Text, immutable, number_of, required, source, view_of
from ._message import constant_frame, frame_of, inside, new_frame, variable_of, zmq_msg_t
from .constants import ZMQ_TYPE

if TYPE_CHECKING:
    from .._zmq import CData

__all__ = [
    "zmq_msg_close", "zmq_msg_copy", "zmq_msg_data", "zmq_msg_get", "zmq_msg_gets", "zmq_msg_init",
    "zmq_msg_init_data", "zmq_msg_init_size", "zmq_msg_more", "zmq_msg_move", "zmq_msg_recv",
    "zmq_msg_send", "zmq_msg_set", "zmq_msg_size", "zmq_recvmsg", "zmq_sendmsg",
]  # fmt: skip

# Making and ending


def zmq_msg_init(msg: zmq_msg_t | None) -> int:
    """Make a message empty, for example to receive into it. It drops the content it had.

    Returns 0, or -1 and errno EFAULT (None).

    C: zmq_msg_init(3)
    """
    return zmq_msg_init_size(msg, 0)


def zmq_msg_init_size(msg: zmq_msg_t | None, size: int) -> int:
    """Make a message of `size` bytes, which are undefined until they are written to.

    Returns 0, or -1 and errno ENOMEM or EFAULT (None).

    C: zmq_msg_init_size(3)
    """
    if isinstance(msg, zmq_msg_t) and (frame := raw_msg_init(size)) is not None:
        msg.frame = frame
        return 0
    return _zmq_msg_init_size(msg, size)


@c_call(-1)
def _zmq_msg_init_size(msg: zmq_msg_t | None, size: int) -> int:
    variable_of(msg).frame = new_frame(size)
    return 0


class _Borrowed:
    """Memory that libzmq reads, and the function to call when libzmq no longer reads it."""

    __slots__ = ("data", "ffn", "hint", "memory")

    def __init__(self, memory: object, data: object) -> None:
        self.memory = memory
        self.data = data
        self.ffn: Callable[[Any, Any], object] | None = None
        self.hint: object = None

    def __del__(self) -> None:
        self.memory = None
        if self.ffn is not None:
            saved = ffi.errno  # of a call that failed just before
            try:
                self.ffn(self.data, self.hint)
            finally:
                ffi.errno = saved


@c_call(-1)
def zmq_msg_init_data(
    msg: zmq_msg_t | None,
    data: Memory,
    size: int,
    ffn: Callable[[Any, Any], object] | None,
    hint: object,
) -> int:
    """Make a message of the first `size` bytes of `data`, without a copy.

    The data must not change until `ffn(data, hint)` is called. That happens exactly once, when
    neither libzmq nor a view of the content uses the memory any more: at the end of a call such as
    `zmq_msg_close`, or between two bytecodes of the main thread; always with the GIL, and never on
    a thread of libzmq. An exception of `ffn` goes to sys.unraisablehook. For messages that are
    queued when the program ends it is not called.

    If `ffn` is None the data is a constant, which is never freed.

    Returns 0, or -1 and errno ENOMEM or EFAULT (None, or `data` has fewer than `size` bytes). If it
    fails it does not call `ffn`.

    C: zmq_msg_init_data(3)
    """
    if ffn is not None and not callable(ffn):
        raise TypeError(f"ffn is a function or None, not {type(ffn).__name__}")
    variable = variable_of(msg)
    if ffn is None:
        frame = constant_frame(data, size, "zmq_msg_init_data")
    else:
        memory = source(data, size, "zmq_msg_init_data")
        borrowed = _Borrowed(memory, data)
        frame = Frame(view_of(memory, size), borrowed)
        borrowed.ffn, borrowed.hint = ffn, hint
    frame._writable = not immutable(data)
    variable.frame = frame
    return 0


def zmq_msg_close(msg: zmq_msg_t | None) -> int:
    """Release a message's content. Views of it stay valid; the last one frees the memory.

    Returns 0, or -1 and errno EFAULT (None, not initialised, or closed before).

    C: zmq_msg_close(3)
    """
    if isinstance(msg, zmq_msg_t) and (frame := msg.frame) is not None:
        msg.frame = None
        msg.more = frame._more
        del frame
        collect()
        return 0
    return _none(msg)


@c_call(-1)
def _none(msg: zmq_msg_t | None) -> int:
    """Refuse what is no message, or not initialised."""
    frame_of(msg)
    return -1


@c_call(-1)
def zmq_msg_move(dest: zmq_msg_t | None, src: zmq_msg_t | None) -> int:
    """Move the content of `src` to `dest`. Then `src` is empty.

    Returns 0, or -1 and errno EFAULT (one of them is None or not initialised).

    C: zmq_msg_move(3)
    """
    taker, giver, empty = variable_of(dest), variable_of(src), new_frame()
    # No call from here to the exchange, so no other thread and no signal handler runs.
    if taker.frame is None or giver.frame is None:
        raise failure(errno.EFAULT, "zmq_msg_move")
    taker.frame, giver.frame = giver.frame, empty
    collect()
    return 0


@c_call(-1)
def zmq_msg_copy(dest: zmq_msg_t | None, src: zmq_msg_t | None) -> int:
    """Copy the content of `src` to `dest`. Long content is not copied but shared.

    So do not write to either of them afterwards.

    Returns 0, or -1 and errno EFAULT (one of them is None or not initialised).

    C: zmq_msg_copy(3)
    """
    frame_of(dest)
    variable_of(dest).frame = new_frame(frame_of(src))
    collect()
    return 0


# Sending and receiving


def zmq_msg_send(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    """Send a message as one part. After success `msg` is empty, after a failure as it was.

    `flags` are ZMQ_DONTWAIT, and ZMQ_SNDMORE if more parts of the same message follow. Without
    ZMQ_DONTWAIT it waits for room in the queue, at most ZMQ_SNDTIMEO milliseconds.

    Returns the size in bytes, or -1 and errno EAGAIN (no room in time), ENOTSUP (not with this type
    of socket), EINVAL (several parts, which this type of socket does not send), EFSM (not in this
    state), EHOSTUNREACH (no such routing id), EINTR (a signal arrived), EFAULT (no message) or a
    socket error.

    C: zmq_msg_send(3)
    """
    code = UNUSUAL
    if isinstance(msg, zmq_msg_t) and (frame := msg.frame) is not None:
        msg.frame = None
        try:
            code = raw_msg_transfer(socket, frame, flags, False)
        finally:
            msg.frame = frame
    return code if code >= 0 else refused(code, _zmq_msg_send, msg, socket, flags)


@c_call(-1)
def _zmq_msg_send(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    handle, copy = socket_of(socket), new_frame(frame_of(msg))
    return _beside_views(msg, handle, copy, number_of("int", flags), False)


def zmq_msg_recv(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    """Receive one part of a message; `zmq_msg_more` tells whether more parts follow.

    `flags` are 0 or ZMQ_DONTWAIT. With 0 it waits at most ZMQ_RCVTIMEO milliseconds. As in C, `msg`
    may be empty after EAGAIN and EINTR.

    Returns the size in bytes, or -1 and errno EAGAIN (nothing came in time), ENOTSUP (not with this
    type of socket), EFSM (not in this state), EINTR (a signal arrived), EFAULT (no message, or not
    initialised) or a socket error.

    C: zmq_msg_recv(3)
    """
    code = UNUSUAL
    if isinstance(msg, zmq_msg_t) and (frame := msg.frame) is not None:
        msg.frame = None
        try:
            code = raw_msg_transfer(socket, frame, flags, True)
        finally:
            msg.frame = frame
    return code if code >= 0 else refused(code, _zmq_msg_recv, msg, socket, flags)


@c_call(-1)
def _zmq_msg_recv(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    handle = socket_of(socket)
    if variable_of(msg).frame is None:
        # libzmq looks whether the context has ended before it looks at the message.
        value, size = ffi.new("int *"), ffi.new("size_t *", ffi.sizeof("int"))
        code = lib.zl_raw_getsockopt(handle.pointer, ZMQ_TYPE, value, size)
        return answer(code or -errno.EFAULT)
    return _beside_views(msg, handle, new_frame(), number_of("int", flags), True)


def _beside_views(
    msg: zmq_msg_t | None, socket: SocketHandle, other: Frame, flags: int, receives: bool
) -> int:
    """Send or receive with another frame than the one that views show; keep it after success."""
    variable, code = variable_of(msg), -1
    shown = variable.frame
    if shown is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    variable.frame = None
    try:
        code = raw_msg_transfer(socket, other, flags, receives)
    finally:
        variable.frame = shown if code < 0 else other
    del shown
    collect()
    return answer(code)


def zmq_sendmsg(socket: void_p, msg: zmq_msg_t | None, flags: int) -> int:
    """Call `zmq_msg_send`, with the arguments in another order. Deprecated.

    C: zmq_sendmsg(3), zmq_msg_send(3)
    """
    return zmq_msg_send(msg, socket, flags)


def zmq_recvmsg(socket: void_p, msg: zmq_msg_t | None, flags: int) -> int:
    """Call `zmq_msg_recv`, with the arguments in another order. Deprecated.

    C: zmq_recvmsg(3), zmq_msg_recv(3)
    """
    return zmq_msg_recv(msg, socket, flags)


# Content and properties


def zmq_msg_data(msg: zmq_msg_t | None) -> memoryview:
    """Return the content as a writable view: `zmq_msg_data(msg)[:5] = b"Hello"`.

    The view stays valid whatever happens to the message. Over inproc the memory may be the
    sender's. The view is read-only if `zmq_msg_init_data` got an immutable object.

    Returns an empty view with errno EFAULT if `msg` is None or not initialised.

    C: zmq_msg_data(3)
    """
    if isinstance(msg, zmq_msg_t) and (frame := msg.frame) is not None:
        return memoryview(frame)
    _none(msg)
    return memoryview(bytearray())


def zmq_msg_size(msg: zmq_msg_t | None) -> int:
    """Return the size of the content in bytes, or -1 and errno EFAULT if there is no message.

    C: zmq_msg_size(3)
    """
    if isinstance(msg, zmq_msg_t) and (frame := msg.frame) is not None:
        return len(frame)
    return _none(msg)


def zmq_msg_more(msg: zmq_msg_t | None) -> int:
    """Return 1 if more parts of the same message follow, else 0. A closed message keeps the answer.

    C: zmq_msg_more(3)
    """
    if isinstance(msg, zmq_msg_t):
        frame = msg.frame
        return 1 if (msg.more if frame is None else frame._more) else 0
    _none(msg)
    return 0


@c_call(-1)
def zmq_msg_get(msg: zmq_msg_t | None, property: int) -> int:
    """Return a property: ZMQ_MORE, ZMQ_SHARED (the memory may be shared), ZMQ_SRCFD (deprecated).

    Returns the value, or -1 and errno EINVAL (no such property, or it has no ZMQ_SRCFD) or EFAULT
    (None, or not initialised).

    C: zmq_msg_get(3)
    """
    return inside(msg, lambda struct: lib.zmq_msg_get(struct, property))


@c_call(-1)
def zmq_msg_set(msg: zmq_msg_t | None, property: int, optval: int) -> int:
    """Return -1 with errno EINVAL: libzmq has no property that can be set.

    C: zmq_msg_set(3)
    """
    variable_of(msg)
    return lib.zmq_msg_set(ffi.NULL, property, optval)


@c_call(None)
def zmq_msg_gets(msg: zmq_msg_t | None, property: Text) -> str | None:
    """Return a property of the connection that a received message came from.

    For example Peer-Address, User-Id, Socket-Type or Identity: see zmqlite.Message.metadata.

    Returns None with errno EINVAL (no such property) or EFAULT (None, or not initialised).

    C: zmq_msg_gets(3)
    """
    name = required(property, "zmq_msg_gets", errno.EFAULT)

    def gets(struct: CData) -> str | None:
        value = lib.zmq_msg_gets(struct, name)
        return ffi.string(value).decode(errors="surrogateescape") if value else None

    return inside(msg, gets)
