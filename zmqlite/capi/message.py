"""Messages: the calls of zmq.h that begin with zmq_msg_, and their old names."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from .._zmq import ffi, lib
from ..errors import failure
from ..message import collect, pin, unpin
from ._handles import answer, c_call, native, void_p
from ._memory import Memory, Text, constant, immutable, required, source
from ._message import Box, box_of, inside, variable_of, zmq_msg_t

__all__ = [
    "zmq_msg_close", "zmq_msg_copy", "zmq_msg_data", "zmq_msg_get", "zmq_msg_gets", "zmq_msg_init",
    "zmq_msg_init_data", "zmq_msg_init_size", "zmq_msg_more", "zmq_msg_move", "zmq_msg_recv",
    "zmq_msg_send", "zmq_msg_set", "zmq_msg_size", "zmq_recvmsg", "zmq_sendmsg",
]  # fmt: skip

# Making and ending


@c_call(-1)
def zmq_msg_init(msg: zmq_msg_t | None) -> int:
    """Make an empty message, to receive into. Content that it had is let go of.

    Returns 0, or -1 and errno EFAULT (None).

    C: zmq_msg_init(3)
    """
    variable_of(msg).box = Box()
    return 0


@c_call(-1)
def zmq_msg_init_size(msg: zmq_msg_t | None, size: int) -> int:
    """Make a message of `size` bytes, which say nothing until `zmq_msg_data` is written to.

    Returns 0, or -1 and errno ENOMEM or EFAULT (None).

    C: zmq_msg_init_size(3)
    """
    variable, box = variable_of(msg), Box()
    box.init(lib.zmq_msg_init_size(box.struct, size))
    variable.box = box
    return 0


class _Borrowed:
    """Memory that libzmq reads, and the function to call when it no longer does."""

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

    The data must not change until `ffn(data, hint)` is called, exactly once, when libzmq and the
    last view of the content are done with it: at the end of a call such as `zmq_msg_close`, or
    between two steps of the main thread, but always with Python's own lock and never on a thread
    of libzmq's. What it raises goes to sys.unraisablehook. It is not called for messages that are
    still queued when the program ends.

    With `ffn` None the data is a constant: it is kept alive for ever.

    Returns 0, or -1 and errno ENOMEM or EFAULT (None, or `data` has less than `size` bytes); then
    `ffn` is not called.

    C: zmq_msg_init_data(3)
    """
    if ffn is not None and not callable(ffn):
        raise TypeError(f"ffn is a function or None, not {type(ffn).__name__}")
    variable, box = variable_of(msg), Box()
    memory = source(data, size, "zmq_msg_init_data")
    box.readonly = immutable(data)
    if ffn is None:
        memory = constant(memory, size)
        box.init(lib.zmq_msg_init_data(box.struct, memory, size, ffi.NULL, ffi.NULL))
    else:
        borrowed = _Borrowed(memory, data)
        number = pin(borrowed)
        code = lib.zl_msg_init_pinned(box.struct, memory, size, number)
        if code < 0:
            unpin(number)
        box.init(code)
        borrowed.ffn, borrowed.hint = ffn, hint
    variable.box = box
    return 0


@c_call(-1)
def zmq_msg_close(msg: zmq_msg_t | None) -> int:
    """Let go of a message's content. Views of it stay good; the last one lets go of the memory.

    Returns 0, or -1 and errno EFAULT (None, not initialised, or closed before).

    C: zmq_msg_close(3)
    """
    variable, box = variable_of(msg), box_of(msg)
    variable.box = None
    variable.more = lib.zmq_msg_more(box.struct)
    del box
    collect()
    return 0


@c_call(-1)
def zmq_msg_move(dest: zmq_msg_t | None, src: zmq_msg_t | None) -> int:
    """Give a message the content of another one, which is empty then.

    Returns 0, or -1 and errno EFAULT (one of them is None or not initialised).

    C: zmq_msg_move(3)
    """
    taker, giver, empty = variable_of(dest), variable_of(src), Box()
    # No other thread comes in from here to the exchange, as there is no call.
    if taker.box is None or giver.box is None:
        raise failure(errno.EFAULT, "zmq_msg_move")
    taker.box, giver.box = giver.box, empty
    collect()
    return 0


@c_call(-1)
def zmq_msg_copy(dest: zmq_msg_t | None, src: zmq_msg_t | None) -> int:
    """Give a message the content of another one too: the same memory where it is long.

    So do not write to either of them afterwards.

    Returns 0, or -1 and errno EFAULT (one of them is None or not initialised).

    C: zmq_msg_copy(3)
    """
    box_of(src)
    box_of(dest)
    variable_of(dest).box = inside(src, Box.copy)
    collect()
    return 0


# Sending and receiving


@c_call(-1)
def zmq_msg_send(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    """Send a message, which is empty then; one that could not be sent stays as it was.

    `flags` are ZMQ_DONTWAIT, and ZMQ_SNDMORE where more parts of the same message follow. Otherwise
    it waits as long as ZMQ_SNDTIMEO says.

    Returns the size in bytes, or -1 and errno EAGAIN (no room in time), ENOTSUP (not with this type
    of socket), EINVAL (several parts, and the type of socket has none), EFSM (not in this state),
    EHOSTUNREACH (no such routing id), EINTR (a signal arrived), EFAULT (no message), ETERM,
    ENOTSOCK or EBUSY.

    C: zmq_msg_send(3)
    """
    pointer = native(socket)
    variable = variable_of(msg)
    box = box_of(msg)
    variable.box = None
    try:
        sent = box.copy() if box.has_views else box
        code = lib.zl_raw_msg_send(pointer, sent.struct, flags)
        if code >= 0:
            box = sent
            box.readonly = False
    finally:
        variable.box = box
    collect()
    return answer(code)


@c_call(-1)
def zmq_msg_recv(msg: zmq_msg_t | None, socket: void_p, flags: int) -> int:
    """Receive one part of a message; `zmq_msg_more` tells whether more of it follow.

    `flags` are 0 or ZMQ_DONTWAIT; with 0 it waits as long as ZMQ_RCVTIMEO says.

    Returns the size in bytes, or -1 and errno EAGAIN (nothing came in time), ENOTSUP (not with this
    type of socket), EFSM (not in this state), EINTR (a signal arrived), EFAULT (no message, or not
    initialised), ETERM, ENOTSOCK or EBUSY; then the message stays as it was.

    C: zmq_msg_recv(3)
    """
    pointer = native(socket)
    variable = variable_of(msg)
    box = variable.box
    if box is None:
        # Not a message, which libzmq says in its own order of what can be wrong.
        return answer(lib.zl_raw_msg_recv(pointer, ffi.new("zmq_msg_t *"), flags))
    received = Box() if box.has_views else box
    variable.box = None
    try:
        code = lib.zl_raw_msg_recv(pointer, received.struct, flags)
        if code >= 0:
            box = received
            box.readonly = False
    finally:
        variable.box = box
    collect()
    return answer(code)


def zmq_sendmsg(socket: void_p, msg: zmq_msg_t | None, flags: int) -> int:
    """Be the old name of `zmq_msg_send`; deprecated. Mind the order of the arguments.

    C: zmq_sendmsg(3), zmq_msg_send(3)
    """
    return zmq_msg_send(msg, socket, flags)


def zmq_recvmsg(socket: void_p, msg: zmq_msg_t | None, flags: int) -> int:
    """Be the old name of `zmq_msg_recv`; deprecated. Mind the order of the arguments.

    C: zmq_recvmsg(3), zmq_msg_recv(3)
    """
    return zmq_msg_recv(msg, socket, flags)


# Content and properties


def zmq_msg_data(msg: zmq_msg_t | None) -> memoryview:
    """Return the content as a view that can be written to: `zmq_msg_data(msg)[:5] = b"Hello"`.

    The view stays good whatever happens to the message. Over inproc the memory may be the sender's
    own. It is read-only where `zmq_msg_init_data` got an object that is.

    Empty, with errno EFAULT, where msg is None or not initialised.

    C: zmq_msg_data(3)
    """
    view = _data(msg)
    return memoryview(bytearray()) if view is None else view


@c_call(None)
def _data(msg: zmq_msg_t | None) -> memoryview:
    return inside(msg, Box.view)


@c_call(-1)
def zmq_msg_size(msg: zmq_msg_t | None) -> int:
    """Return the size of the content in bytes; -1 and errno EFAULT where there is no message.

    C: zmq_msg_size(3)
    """
    return inside(msg, lambda box: lib.zmq_msg_size(box.struct))


@c_call(0)
def zmq_msg_more(msg: zmq_msg_t | None) -> int:
    """Return 1 if more parts of the same message follow this one, else 0; also once it is closed.

    C: zmq_msg_more(3)
    """
    variable = variable_of(msg)
    if variable.box is None:
        return variable.more
    return inside(variable, lambda box: lib.zmq_msg_more(box.struct))


@c_call(-1)
def zmq_msg_get(msg: zmq_msg_t | None, property: int) -> int:
    """Return a property: ZMQ_MORE, ZMQ_SHARED (the memory may be shared), ZMQ_SRCFD (deprecated).

    Returns the value, or -1 and errno EINVAL (no such property, or it has no ZMQ_SRCFD) or EFAULT
    (None, or not initialised).

    C: zmq_msg_get(3)
    """
    return inside(msg, lambda box: lib.zmq_msg_get(box.struct, property))


@c_call(-1)
def zmq_msg_set(msg: zmq_msg_t | None, property: int, optval: int) -> int:
    """Return -1 with errno EINVAL: libzmq has no property that can be set.

    C: zmq_msg_set(3)
    """
    variable_of(msg)
    return lib.zmq_msg_set(ffi.NULL, property, optval)


@c_call(None)
def zmq_msg_gets(msg: zmq_msg_t | None, property: Text) -> str | None:
    """Return what is known about the connection of a received message.

    Such as Peer-Address, User-Id, Socket-Type, Identity: see zmqlite.Message.metadata.

    None with errno EINVAL (nothing is known under that name) or EFAULT (None, or not initialised).

    C: zmq_msg_gets(3)
    """
    name = required(property, "zmq_msg_gets", errno.EFAULT)

    def gets(box: Box) -> str | None:
        value = lib.zmq_msg_gets(box.struct, name)
        return ffi.string(value).decode(errors="surrogateescape") if value else None

    return inside(msg, gets)
