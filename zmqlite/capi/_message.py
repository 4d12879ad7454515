"""Where the messages of C live: a variable, and in it a box with libzmq's struct, or none.

libzmq's struct must not move and, where the content is short, holds it. So a view of the content
keeps the box alive, and a box that has views is never handed to libzmq to be emptied: a copy is
sent or received into instead, which for long content shares the memory. The box is closed when
neither message nor view has it any more. So no view ever dangles.

While a call is inside libzmq the variable is empty. Whoever uses it meanwhile, another thread or
a signal handler, finds a message that is not initialised.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, Self, TypeVar

from .._direct import Frame
from .._zmq import ffi, lib
from ..errors import check, failure

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .._zmq import CData

__all__ = ["zmq_msg_t"]

T = TypeVar("T")


class Box(Frame):
    """One initialised struct, closed at its end. Its content can be written to."""

    __slots__ = ("struct",)
    struct: CData

    def __new__(cls, data: Buffer = b"", owner: object = None) -> Self:
        """Return an empty box, or one over `data`; `owner` lives as long as that is borrowed."""
        box = super().__new__(cls) if owner is None else super().__new__(cls, data, owner)
        box._writable = True
        box.struct = ffi.cast("zmq_msg_t *", box._address)
        return box

    def copy(self) -> Box:
        """Return a box with the same content: the same memory where it is long."""
        copy = Box()
        check(lib.zmq_msg_copy(copy.struct, self.struct), "zmq_msg_copy")
        copy._writable = self._writable
        return copy

    def init(self, code: int) -> None:
        """Refuse with the code of a failed initialiser, which leaves a struct nobody may close."""
        if code < 0:
            lib.zmq_msg_init(self.struct)
            raise failure(errno.ENOMEM, "zmq_msg_t")


class zmq_msg_t:
    """C's `zmq_msg_t msg;`: to be initialised first, and passed where C passes `&msg`.

    One thread at a time: while a call uses it, it counts as not initialised for all others.
    """

    __slots__ = ("__weakref__", "box", "more")

    def __init__(self) -> None:
        self.box: Box | None = None
        self.more: int = 0  # what zmq_msg_more says once it is closed

    def __repr__(self) -> str:
        return f"<zmq_msg_t at {id(self):#x}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a zmq_msg_t can be neither copied nor pickled: see zmq_msg_copy")


def variable_of(msg: zmq_msg_t | None) -> zmq_msg_t:
    if msg is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    if not isinstance(msg, zmq_msg_t):
        raise TypeError(f"a zmq_msg_t or None stands here, not {type(msg).__name__}")
    return msg


def box_of(msg: zmq_msg_t | None) -> Box:
    box = variable_of(msg).box
    if box is None:
        raise failure(errno.EFAULT, "zmq_msg_t")
    return box


def inside(msg: zmq_msg_t | None, call: Callable[[Box], T]) -> T:
    """Make a call with a message's box, which nobody else can get meanwhile."""
    msg = variable_of(msg)
    box = box_of(msg)
    msg.box = None
    try:
        return call(box)
    finally:
        msg.box = box
