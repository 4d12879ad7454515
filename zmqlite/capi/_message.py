"""Where the messages of C live: a variable, and in it a Frame with libzmq's struct, or none.

libzmq's struct must not move and, where the content is short, holds it. So a view of the content
keeps the Frame alive, and a Frame that has views is never handed to libzmq to be emptied: a copy is
sent or another one received into instead. libzmq's struct is closed when neither the variable nor a
view has the Frame any more. So no view ever dangles.

While a call is inside libzmq the variable is empty. Whoever uses it meanwhile, another thread or a
signal handler, finds a message that is not initialised. A call takes the Frame out by two
statements that are no call, between which CPython runs neither.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from .._direct import Frame, raw_msg_init
from .._zmq import ffi, lib
from ..errors import failure
from ._memory import Memory, constant, number_of

if TYPE_CHECKING:
    from .._zmq import CData

__all__ = ["zmq_msg_t"]

T = TypeVar("T")


class zmq_msg_t:
    """C's `zmq_msg_t msg;`: to be initialised first, and passed where C passes `&msg`.

    One thread at a time: while a call uses it, it counts as not initialised for all others.
    """

    __slots__ = ("__weakref__", "frame", "more")

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.more: bool = False  # what zmq_msg_more says once it is closed

    def __repr__(self) -> str:
        return f"<zmq_msg_t at {id(self):#x}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a zmq_msg_t can be neither copied nor pickled: see zmq_msg_copy")


def new_frame(content: int | Frame = 0) -> Frame:
    """Return a frame of so many bytes, or one with the content of another; refuse with ENOMEM."""
    if not isinstance(content, Frame):
        content = number_of("size_t", content)
    if (frame := raw_msg_init(content)) is None:
        raise failure(errno.ENOMEM, "zmq_msg_t")
    return frame


def constant_frame(data: Memory, size: int, name: str) -> Frame:
    """Return a frame over memory that is never freed from now on."""
    memory, frame = constant(data, size, name), new_frame()
    struct = ffi.cast("zmq_msg_t *", frame._address)
    if lib.zmq_msg_init_data(struct, memory, size, ffi.NULL, ffi.NULL) == -1:
        lib.zmq_msg_init(struct)  # else nobody may close it
        raise failure(errno.ENOMEM, name)
    return frame


def variable_of(msg: zmq_msg_t | None) -> zmq_msg_t:
    """Return a message, initialised or not; refuse None."""
    if msg is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    if not isinstance(msg, zmq_msg_t):
        raise TypeError(f"a zmq_msg_t or None stands here, not {type(msg).__name__}")
    return msg


def frame_of(msg: zmq_msg_t | None) -> Frame:
    """Return the frame of a message; refuse one that is not initialised, or in use."""
    frame = variable_of(msg).frame
    if frame is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    return frame


def inside(msg: zmq_msg_t | None, call: Callable[[CData], T]) -> T:
    """Make a call with the struct of a message, which nobody else can get meanwhile."""
    variable = variable_of(msg)
    frame = variable.frame
    if frame is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    variable.frame = None
    try:
        return call(ffi.cast("zmq_msg_t *", frame._address))
    finally:
        variable.frame = frame
