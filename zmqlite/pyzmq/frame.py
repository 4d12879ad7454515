"""Frame: one frame whose memory Python and libzmq share."""

from __future__ import annotations

import errno

from .. import _direct
from .._zmq import ffi, lib
from .constants import MessageOption
from .error import ZMQError
from .tracker import _FINISHED_TRACKER, Lent, MessageTracker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from builtins import bytes as Bytes
    from typing import Any, Final, Self

    from typing_extensions import Buffer

COPY_THRESHOLD: Final = 65536
"""Bytes from which on `copy=False` sends the memory itself; smaller frames are copied."""


class Frame(_direct.Frame):
    """One frame of a message: a buffer whose memory libzmq uses, too.

    `copy` says whether the data are copied: True, False, or None for data shorter than
    `copy_threshold` (65536). Data that are not copied must not change until libzmq is done with
    them; with `track=True` the `tracker` tells. A received frame has `more` and the properties of
    its connection. A frame can be sent any number of times.

    The memory of a frame that came from another process can be written to through `buffer`, as in
    pyzmq. That of a frame over inproc is read-only: it may be what the sender has sent.

    C: zmq_msg_init_data(3), zmq_msg_get(3), zmq_msg_gets(3)
    """

    tracker: MessageTracker | None = None
    _bytes: Bytes | None = None
    _view: memoryview | None = None
    _group: str = ""
    _routing_id: int = 0

    def __new__(
        cls,
        data: Buffer | None = None,
        track: bool = False,
        copy: bool | None = None,
        copy_threshold: int | None = None,
    ) -> Self:
        if isinstance(data, str):
            raise TypeError("a Frame takes bytes or another buffer, not str")
        view = memoryview(b"" if data is None else data)
        if not view.contiguous:
            raise BufferError("a Frame takes a buffer without gaps")
        if copy is None:
            copy = view.nbytes < (COPY_THRESHOLD if copy_threshold is None else copy_threshold)
        if copy:
            frame = super().__new__(cls, view.tobytes())
            frame.tracker = _FINISHED_TRACKER if track else None
        else:
            lent = Lent() if track else None
            frame = super().__new__(cls, view.cast("B") if view.nbytes else b"", lent)
            frame.tracker = None if lent is None else MessageTracker._of(lent)
        return frame

    @property
    def bytes(self) -> Bytes:
        """The content, copied once and kept."""
        if self._bytes is None:
            self._bytes = memoryview(self).tobytes()
        return self._bytes

    @property
    def buffer(self) -> memoryview:
        """The content as a view, which is the same each time and keeps the memory alive."""
        if self._view is None:
            self._view = memoryview(self)
        return self._view

    @property
    def more(self) -> bool:
        """Whether more frames of the same message follow this one."""
        return self._more

    @property
    def group(self) -> str:
        """The group of a draft RADIO or DISH socket, which no socket here is: empty."""
        return self._group

    @property
    def routing_id(self) -> int:
        """The routing id of a draft SERVER socket, which no socket here is: 0."""
        return self._routing_id

    def get(self, option: int | str) -> int | str:
        """Return a property: a MessageOption as int, or one of the connection by name as str.

        Raises:
            ZMQError: EINVAL, the frame has no such property.

        C: zmq_msg_get(3), zmq_msg_gets(3)
        """
        if option == MessageOption.MORE:
            return int(self._more)
        msg = ffi.cast("zmq_msg_t *", self._address)
        if isinstance(option, int):
            number: int = lib.zmq_msg_get(msg, option)
            if number < 0:
                raise ZMQError(errno.EINVAL)
            return number
        if option in ("routing_id", "group"):
            value: int | str = getattr(self, option)
            return value
        text = lib.zmq_msg_gets(msg, option.encode())
        if not text:
            raise ZMQError(errno.EINVAL)
        return ffi.string(text).decode(errors="surrogateescape")

    def set(self, option: int, value: int) -> None:
        """Raise ZMQError: libzmq has no property that can be set, but for draft sockets'.

        C: zmq_msg_set(3)
        """
        raise ZMQError(errno.EINVAL)

    def __getitem__(self, name: str) -> str:
        return str(self.get(name))

    def __getattr__(self, name: str) -> Any:
        """Return a property by the name of its constant, in any case."""
        option = MessageOption.__members__.get(name.upper())
        if option is None:
            raise AttributeError(f"Frame has no attribute {name!r}", name=name, obj=self)
        return self.get(option)

    def fast_copy(self) -> Frame:
        """Return a frame of the same memory."""
        frame = type(self)(self, copy=False)
        frame.tracker = self.tracker
        return frame

    __copy__ = fast_copy

    def __bytes__(self) -> Bytes:
        return self.bytes

    def __eq__(self, other: object) -> bool:
        return self.bytes == other.bytes if isinstance(other, Frame) else NotImplemented

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __repr__(self) -> str:
        size = len(self)
        if size <= 12:
            return f"<zmq.Frame({self.bytes!r})>"
        number, unit = float(size), "B"
        for unit in ("B", "kB", "MB", "GB"):
            if number < 1000 or unit == "GB":
                break
            number /= 1000
        return f"<zmq.Frame({memoryview(self)[:12].tobytes()!r}...{number:.0f}{unit})>"

    __str__ = __repr__


def received(frame: Frame) -> Frame:
    """Return a frame that was received; its memory is writable if nobody else has it.

    Only what came over a connection has properties of one. Over inproc libzmq passes on the memory
    of the sender.
    """
    if lib.zmq_msg_gets(ffi.cast("zmq_msg_t *", frame._address), b"Socket-Type"):
        frame._writable = True
    return frame


def all_received(frames: list[Frame]) -> list[Frame]:
    """Return the frames of a message that was received; see `received`."""
    return [received(frame) for frame in frames]


Message = Frame
