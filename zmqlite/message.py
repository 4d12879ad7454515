"""Messages without a copy: one frame whose memory Python and libzmq share.

Memory that libzmq borrows from a Python object is exported by that object until libzmq is done with
it. libzmq says so on a thread of its own, where taking the GIL could deadlock. So the C module only
notes it there, and lets go of the memory soon after on the main thread, or in `collect`, which a
thread runs that closes a socket or ends a context.
"""

from __future__ import annotations

from ._direct import Frame, collect
from ._zmq import ffi, lib
from .arguments import payload, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from typing_extensions import Buffer

__all__ = ["Message", "collect"]


class Message(Frame):
    """The content of one frame, sent and received without a copy.

    `Message(buffer)` borrows the buffer: it must not change until libzmq has sent it, which may be
    long after `send` returned; with inproc the receiver reads the very same memory. A message can
    be sent any number of times, on any socket, from any thread. A received one shares memory with
    libzmq, and may keep the 8 KiB that were read from the network together with it.

    It is a read-only buffer itself: `memoryview(message)`, `numpy.frombuffer(message)`.
    `len(message)` is its size in bytes.

    C: zmq_msg_init_data(3), zmq_msg_copy(3), zmq_msg_data(3)
    """

    __slots__ = ()

    def __new__(cls, data: Buffer = b"") -> Self:
        return super().__new__(cls, payload(data, "Message()"))

    @property
    def data(self) -> memoryview:
        """The content, read-only and not copied; the view keeps the memory alive by itself."""
        return memoryview(self)

    @property
    def more(self) -> bool:
        """Whether more frames of the same message follow this one."""
        return self._more

    def metadata(self, name: str) -> str | None:
        """Return what is known about the connection of a received frame, None if nothing is.

        Names are case-sensitive: `Peer-Address` (numeric IP without a port; with ipc
        localhost:uid:gid:pid), `User-Id` (from ZAP; without a ZAP handler a peer can forge it),
        `Socket-Type`, `Identity` (the peer's routing id as text, cut at its first NUL byte).
        Nothing is known about inproc peers, about messages made here, and about a message that was
        received by a call which a signal handler interrupted with an exception.

        C: zmq_msg_gets(3)
        """
        msg = ffi.cast("zmq_msg_t *", self._address)
        value = lib.zmq_msg_gets(msg, text(name, "name"))
        return ffi.string(value).decode(errors="surrogateescape") if value else None

    def __bytes__(self) -> bytes:
        """Return a copy of the content."""
        return self.data.tobytes()

    def __repr__(self) -> str:
        """Name the size; the content may be long or secret."""
        return f"<zmqlite.Message of {len(self)} bytes{', more follow' if self.more else ''}>"
