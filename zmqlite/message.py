"""Messages without a copy, and the memory that libzmq borrows for them.

Who owns what. Memory that libzmq is to read later is pinned: an entry in a table keeps the Python
object alive under a number. libzmq calls back on a thread of its own when it is done; there the
shim only puts the number on a list, since taking the GIL on that thread could deadlock. The
entries go on the main thread soon after, by a pending call of the interpreter, and in `collect`,
which every thread runs that sends without a copy, closes a socket or ends a context.
"""

from __future__ import annotations

import errno
import functools
import itertools
import operator

from ._zmq import ffi, lib
from .arguments import payload, text
from .errors import check, failure
from .ownership import owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._zmq import CData

_pinned: dict[int, object] = {}
_numbers = itertools.count(1)


def pin(memory: object) -> int:
    """Keep an object alive until `unpin`, or until libzmq has released its number."""
    number = next(_numbers)
    _pinned[number] = memory
    return number


def unpin(number: int) -> None:
    """Let go of a pinned object that libzmq never got."""
    del _pinned[number]


def collect() -> None:
    """Let go of all that libzmq has released."""
    while number := lib.zl_released():
        unpin(number)


lib.zl_start(ffi.cast("void *", id(_pinned)))


class Message:
    """The content of one frame, sent and received without a copy.

    `Message(buffer)` borrows the buffer: it must not change until libzmq has sent it, which may be
    long after `send` returned; with inproc the receiver reads the very same memory. A message can
    be sent any number of times, on any socket, from any thread. A received one shares memory with
    libzmq, and may pin the 8 KiB that were read from the network together with it.

    C: zmq_msg_init_data(3), zmq_msg_copy(3), zmq_msg_data(3)
    """

    __slots__ = ("__weakref__", "_handle")

    def __init__(self, data: Buffer = b"") -> None:
        flat = payload(data, "Message()")
        memory = ffi.from_buffer("char[]", flat)
        number = pin(memory)
        handle = lib.zl_message_new(memory, len(flat), number)
        if not handle:
            unpin(number)
            raise failure(errno.ENOMEM, "zmq_msg_init_data")
        self._handle = owned(handle, lib.zl_message_free)

    @property
    def _msg(self) -> CData:
        return lib.zl_message_msg(self._handle)

    @property
    def data(self) -> memoryview:
        """The content, read-only and not copied; the view keeps the memory alive by itself."""
        size = len(self)
        pointer = lib.zmq_msg_data(self._msg)
        # A destructor that only keeps the message alive. Not a function in Python, where a signal
        # handler that raises would raise into nothing.
        guarded = ffi.gc(pointer, functools.partial(operator.is_, self._handle), size)
        return memoryview(ffi.buffer(guarded, size)).toreadonly()

    @property
    def more(self) -> bool:
        """Whether more frames of the same message follow this one."""
        return lib.zmq_msg_more(self._msg) == 1

    def metadata(self, name: str) -> str | None:
        """Return what is known about the connection of a received frame, None if nothing is.

        Names are case-sensitive: `Peer-Address` (numeric IP without a port; with ipc
        localhost:uid:gid:pid), `User-Id` (from ZAP; without a ZAP handler a peer can forge it),
        `Socket-Type`, `Identity` (the peer's routing id as text, cut at its first NUL byte).
        Nothing is known about inproc peers and about messages made here.

        C: zmq_msg_gets(3)
        """
        value = lib.zmq_msg_gets(self._msg, text(name, "name"))
        return ffi.string(value).decode(errors="surrogateescape") if value else None

    def __bytes__(self) -> bytes:
        """Return a copy of the content."""
        return self.data.tobytes()

    def __len__(self) -> int:
        """Return the size in bytes."""
        return lib.zmq_msg_size(self._msg)

    def __repr__(self) -> str:
        """Name the size; the content may be long or secret."""
        return f"<zmqlite.Message of {len(self)} bytes{', more follow' if self.more else ''}>"


def received(socket: CData) -> Message:
    """Make a message that shares the frame which a receive has lent."""
    message = Message.__new__(Message)
    handle = lib.zl_message_new(ffi.NULL, 0, 0)
    if not handle:
        raise failure(errno.ENOMEM, "zmq_msg_init")
    message._handle = owned(handle, lib.zl_message_free)
    check(lib.zmq_msg_copy(message._msg, lib.zl_lent(socket, 0)), "zmq_msg_copy")
    return message
