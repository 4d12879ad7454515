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
import functools
import operator
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

from .._zmq import ffi, lib
from ..errors import check, failure
from ..ownership import owned

if TYPE_CHECKING:
    from .._zmq import CData

T = TypeVar("T")


class Box:
    """One initialised struct, closed at its end."""

    __slots__ = ("_lease", "readonly", "struct")

    def __init__(self) -> None:
        struct = ffi.new("zmq_msg_t *")
        lib.zmq_msg_init(struct)
        self.struct: CData = owned(struct, lib.zmq_msg_close)
        self.readonly: bool = False  # the content is an immutable object of Python's
        self._lease: Callable[[], CData | None] = _nothing

    @property
    def has_views(self) -> bool:
        """Whether anybody can still reach the content by a view of it."""
        return self._lease() is not None

    def view(self) -> memoryview:
        """Return the content, which the view keeps alive by itself."""
        size = lib.zmq_msg_size(self.struct)
        if not size:
            return memoryview(bytearray())
        lease = self._lease()
        if lease is None:
            # A destructor that only keeps the struct; in C, since none in Python may raise.
            keep = functools.partial(operator.is_, self.struct)
            lease = ffi.gc(lib.zmq_msg_data(self.struct), keep)
            self._lease = weakref.ref(lease)
        view = memoryview(ffi.buffer(lease, size))
        return view.toreadonly() if self.readonly else view

    def copy(self) -> Box:
        """Return a box with the same content: the same memory where it is long."""
        copy = Box()
        check(lib.zmq_msg_copy(copy.struct, self.struct), "zmq_msg_copy")
        copy.readonly = self.readonly
        return copy

    def init(self, code: int) -> None:
        """Refuse with the code of a failed initialiser, which leaves a struct nobody may close."""
        if code < 0:
            lib.zmq_msg_init(self.struct)
            raise failure(errno.ENOMEM, "zmq_msg_t")


def _nothing() -> None:
    return None


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
