"""Receiving: the half of a socket through which every message arrives.

How a receive hands over its bytes. The shim makes objects of frames, lends them, and leaves the
socket busy until Python writes to the loan byte. Until then the frames stay in the shim: an
exception in between (Ctrl-C) ends the loan with `zl_keep`, and the next receive gets the same
frames again. So nothing is lost. From that write to the `return`, nothing may run a signal
handler, hence no call: one that raised would take the message with it.
"""

from __future__ import annotations

import errno

from ._zmq import ffi, lib
from .arguments import INT_MAX, flat, integer
from .errors import Again, ContextTerminated, ZMQError, failure
from .handle import AS_SET, BATCH, DONTWAIT, Handle, calls, check_flags
from .message import Message, received
from .socket_options import SocketOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Final, Literal, TypeVar

    from typing_extensions import Buffer

    from ._zmq import CData

    T = TypeVar("T")


_FREE: Final = lib.ZL_FREE
_TAKEN: Final = lib.ZL_TAKEN
_FRAME: Final = lib.ZL_FRAME
_WHOLE: Final = lib.ZL_WHOLE
_SINGLE: Final = lib.ZL_SINGLE

_MANY: Final = lib.ZL_MANY

_receive: Final[Callable[..., Any]] = calls["receive"]


class Receiver(Handle):
    """The receiving half of Socket."""

    __slots__ = ("_loan",)

    def __init__(self, handle: CData, type_name: str) -> None:
        super().__init__(handle, type_name)
        self._loan = memoryview(ffi.buffer(lib.zl_loan(handle), 1))

    def recv(self, flags: int = 0, timeout: int | None = None) -> bytes:
        """Receive one frame as bytes that the caller owns.

        `rcvmore` tells whether more frames of the same message follow; `recv_multipart` takes
        them all. Waits `timeout` milliseconds, -1 for ever, or as long as `rcvtimeo` allows if
        None. Signals are handled while it waits, and do not stretch the wait.

        Raises:
            Again: DONTWAIT was given, and nothing is there.
            Timeout: nothing came in time.
            StateError: a REQ socket that has not sent, a REP socket that has not replied.
            NotSupported: this type of socket does not receive.
            SocketBusy, SocketClosed, ContextTerminated, ForkedProcess: see the errors module.

        C: zmq_recv(3), zmq_msg_recv(3)
        """
        if timeout is None and not flags:
            try:
                data: bytes | None = _receive(self._address, _FRAME)
                if data is not None:
                    self._loan[0] = _FREE
                    return data
            except BaseException:
                lib.zl_keep(self._handle)
                raise
        # Whatever else came back is looked at by trying again.
        return self._receive(_FRAME, self._take_frame, flags, timeout)

    def recv_multipart(self, flags: int = 0, timeout: int | None = None) -> list[bytes]:
        """Receive one whole message as its frames, in the order they were sent.

        The list has at least one frame; a frame may be empty. Waits and raises as `recv` does.
        After `recv` of a first frame it takes the rest of that message.

        C: zmq_msg_recv(3), ZMQ_RCVMORE in zmq_getsockopt(3)
        """
        if timeout is None and not flags:
            try:
                frames: list[bytes] | None = _receive(self._address, _WHOLE)
                if frames is not None:
                    self._loan[0] = _FREE
                    return frames
            except BaseException:
                lib.zl_keep(self._handle)
                raise
        return self._receive(_WHOLE, self._take_frames, flags, timeout)

    def recv_string(
        self, flags: int = 0, *, encoding: str = "utf-8", timeout: int | None = None
    ) -> str:
        """Receive one frame as text. UnicodeDecodeError carries the bytes, as its `object`."""

        def take(count: int) -> str:
            guard = self._guard()
            data = self._lent(0)
            try:
                string = data.decode(encoding)
            except UnicodeDecodeError:
                self._loan[0] = _TAKEN
                del guard
                raise
            self._loan[0] = _TAKEN
            del guard
            return string

        return self._receive(_FRAME, take, flags, timeout)

    def recv_into(self, buffer: Buffer, flags: int = 0, timeout: int | None = None) -> int:
        """Receive one frame into writable memory; return its size. Waits and raises as `recv`.

        Raises:
            ZMQError: EMSGSIZE, the frame does not fit; the next receive gets it, whole.
        """
        target = flat(buffer, "recv_into()")
        if not isinstance(target, memoryview) or target.readonly:
            raise TypeError("recv_into() takes a writable buffer without gaps")

        def take(count: int) -> int:
            msg = lib.zl_lent(self._handle, 0)
            size = lib.zmq_msg_size(msg)
            if size > len(target):
                raise failure(errno.EMSGSIZE, "zmq_recv", f"{size} bytes into {len(target)}")
            guard = self._guard()
            ffi.memmove(target, lib.zmq_msg_data(msg), size)
            self._loan[0] = _TAKEN
            del guard
            return size

        return self._receive(_FRAME, take, flags, timeout)

    def recv_message(self, flags: int = 0, timeout: int | None = None) -> Message:
        """Receive one frame without a copy, with what is known about its sender.

        `Message.more` tells whether more frames follow. Waits and raises as `recv` does.

        C: zmq_msg_recv(3), zmq_msg_gets(3)
        """

        def take(count: int) -> Message:
            guard = self._guard()
            message = received(self._handle)
            self._loan[0] = _TAKEN
            del guard
            return message

        return self._receive(_FRAME, take, flags, timeout)

    def recv_many(
        self, limit: int = BATCH, flags: int = 0, timeout: int | None = None
    ) -> list[bytes]:
        """Receive what is there of messages of one frame, in one crossing: 1 to `limit` of them.

        Waits for the first as `recv` does and never for more. At most 1024 messages and 64 KiB
        come at once; a longer message comes alone.

        Raises:
            ZMQError: EPROTO, the next message has several frames; `recv_multipart` takes it.
        """
        limit = integer(limit, "limit", 1, INT_MAX)
        wait = AS_SET if timeout is None and not flags else 0
        batch: list[bytes] | None = self._at_once(_MANY, limit, wait)
        if batch:
            return batch
        return self._receive(_SINGLE, self._take_frames, flags, timeout)

    def __iter__(self) -> Iterator[bytes]:
        """Yield frames as `recv` does, until the context is shut down or terminated."""
        while True:
            try:
                data = self.recv()
            except ContextTerminated:
                return
            yield data

    # Without waiting and without Again, for zmqlite.aio

    def _try_recv(self) -> bytes | None:
        """Receive as `recv` does if a frame is there, None if not."""
        return self._try(_FRAME, self._take_frame)

    def _try_recv_multipart(self) -> list[bytes] | None:
        """Receive as `recv_multipart` does if a message is there, None if not."""
        return self._try(_WHOLE, self._take_frames)

    def _try(self, what: int, take: Callable[[int], T]) -> T | None:
        got: T | Literal[False] | None = self._at_once(what, 1, 0)
        if got is None:
            try:
                return self._receive(what, take, DONTWAIT, None)
            except Again:
                return None
        return None if got is False else got

    def _at_once(self, what: int, limit: int, wait: int) -> Any:
        """Receive directly, as `recv` does by itself; None where that is not enough.

        False where nothing is there, and was not waited for.
        """
        try:
            got = _receive(self._address, what, limit, wait)
            if got is not None and got is not False:
                self._loan[0] = _FREE
        except BaseException:
            lib.zl_keep(self._handle)
            raise
        return got

    def _receive(
        self,
        what: int,
        take: Callable[[int], T],
        flags: int,
        timeout: int | None,
    ) -> T:
        """Have the shim lend `what`, and make objects of so many frames with `take`."""
        check_flags(flags, DONTWAIT)
        handle = self._handle
        try:
            count = self._wait(
                "zmq_recv",
                lambda ms: lib.zl_lend(handle, what, ms),
                flags,
                timeout,
                SocketOptions.rcvtimeo,
            )
            if not isinstance(count, ZMQError):
                return take(count)
        except BaseException:
            lib.zl_keep(handle)
            raise
        # Not above: a call that a signal handler makes while the interrupted one has a loan fails,
        # and must leave that loan alone.
        try:
            raise count
        finally:
            del count  # or the frame and the traceback would keep each other, and the socket

    def _guard(self) -> CData:
        """Make an object whose end lets go of the lent frames at once, if ZL_TAKEN was written.

        A destructor in C does that, since after a call a signal handler could run and raise.
        """
        return ffi.gc(self._handle, lib.zl_taken)

    def _lent(self, index: int) -> bytes:
        msg = lib.zl_lent(self._handle, index)
        return ffi.buffer(lib.zmq_msg_data(msg), lib.zmq_msg_size(msg))[:]

    def _take_frame(self, count: int) -> bytes:
        guard = self._guard()
        data = self._lent(0)
        self._loan[0] = _TAKEN
        del guard
        return data

    def _take_frames(self, count: int) -> list[bytes]:
        guard = self._guard()
        frames = [self._lent(index) for index in range(count)]
        self._loan[0] = _TAKEN
        del guard
        return frames
