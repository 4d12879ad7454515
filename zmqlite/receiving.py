"""Receiving: the half of a socket through which every message arrives.

How a receive hands over its bytes. The shim lends frames, in an arena that all calls share, and
leaves the socket busy until Python has made objects of them and writes to the loan byte. Until
then the frames stay in the shim: an exception in between (Ctrl-C, MemoryError) ends the loan with
`zl_keep`, and the next receive gets the same frames again. So nothing is lost, and no other
thread can write to the arena while it is being read. From that write to the `return`, nothing may
run a signal handler, hence no call: one that raised would take the message with it.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, TypeVar

from ._zmq import ffi, lib
from .arguments import INT_MAX, flat, integer
from .errors import ContextTerminated, ZMQError, failure
from .handle import BATCH, DONTWAIT, Handle, check_flags
from .message import Message, received
from .socket_options import SocketOptions

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._zmq import CData

T = TypeVar("T")

_SMALL: Final = lib.ZL_SMALL
_APART: Final = lib.ZL_APART
_FREE: Final = lib.ZL_FREE
_TAKEN: Final = lib.ZL_TAKEN


class Receiver(Handle):
    """The receiving half of Socket."""

    __slots__ = ("_arena", "_loan", "_sizes")

    def __init__(self, handle: CData, type_name: str) -> None:
        super().__init__(handle, type_name)
        self._arena = ffi.buffer(lib.zl_arena(handle), lib.ZL_ARENA)
        self._sizes = lib.zl_sizes(handle)
        self._loan = memoryview(ffi.buffer(lib.zl_loan(handle), 1))

    def recv(self, flags: int = 0, *, timeout: int | None = None) -> bytes:
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
                size = lib.zl_recv(self._handle)
                if 0 <= size <= _SMALL:
                    data = self._arena[:size]
                    self._loan[0] = _FREE
                    return data
                if size > 0:
                    return self._take_frame(size)
            except BaseException:
                lib.zl_keep(self._handle)
                raise
        # Whatever else came back is looked at by trying again.
        return self._receive(lib.zl_recv_for, self._take_frame, flags, timeout)

    def recv_multipart(self, flags: int = 0, *, timeout: int | None = None) -> list[bytes]:
        """Receive one whole message as its frames, in the order they were sent.

        The list has at least one frame; a frame may be empty. Waits and raises as `recv` does.
        After `recv` of a first frame it takes the rest of that message.

        C: zmq_msg_recv(3), ZMQ_RCVMORE in zmq_getsockopt(3)
        """
        if timeout is None and not flags:
            try:
                count = lib.zl_recv_multipart(self._handle)
                if count == 1:  # less work than _take_frames
                    frames = [self._arena[: self._sizes[0]]]
                    self._loan[0] = _FREE
                    return frames
                if count > 0:
                    return self._take_frames(count)
            except BaseException:
                lib.zl_keep(self._handle)
                raise
        return self._receive(lib.zl_recv_multipart_for, self._take_frames, flags, timeout)

    def recv_string(
        self, flags: int = 0, *, encoding: str = "utf-8", timeout: int | None = None
    ) -> str:
        """Receive one frame as text. UnicodeDecodeError carries the bytes, as its `object`."""

        def take(size: int) -> str:
            data = ffi.buffer(lib.zl_lent_data(self._handle, 0), size)[:]
            guard = self._guard() if size > _SMALL else None
            try:
                string = data.decode(encoding)
            except UnicodeDecodeError:
                self._loan[0] = _FREE
                raise
            self._loan[0] = _FREE if guard is None else _TAKEN
            del guard
            return string

        return self._receive(lib.zl_recv_for, take, flags, timeout)

    def recv_into(self, buffer: Buffer, flags: int = 0, *, timeout: int | None = None) -> int:
        """Receive one frame into writable memory; return its size. Waits and raises as `recv`.

        Raises:
            ZMQError: EMSGSIZE, the frame does not fit; the next receive gets it, whole.
        """
        target = flat(buffer, "recv_into()")
        if not isinstance(target, memoryview) or target.readonly:
            raise TypeError("recv_into() takes a writable buffer without gaps")

        def take(size: int) -> int:
            if size > len(target):
                raise failure(errno.EMSGSIZE, "zmq_recv", f"{size} bytes into {len(target)}")
            guard = self._guard()
            ffi.memmove(target, lib.zl_lent_data(self._handle, 0), size)
            self._loan[0] = _TAKEN
            del guard
            return size

        return self._receive(lib.zl_recv_for, take, flags, timeout)

    def recv_message(self, flags: int = 0, *, timeout: int | None = None) -> Message:
        """Receive one frame without a copy, with what is known about its sender.

        `Message.more` tells whether more frames follow. Waits and raises as `recv` does.

        C: zmq_msg_recv(3), zmq_msg_gets(3)
        """

        def take(size: int) -> Message:
            guard = self._guard()
            message = received(self._handle)
            self._loan[0] = _TAKEN
            del guard
            return message

        return self._receive(lib.zl_recv_for, take, flags, timeout)

    def recv_many(
        self, limit: int = BATCH, flags: int = 0, *, timeout: int | None = None
    ) -> list[bytes]:
        """Receive what is there of messages of one frame, in one crossing: 1 to `limit` of them.

        Waits for the first as `recv` does and never for more. At most 1024 messages and 64 KiB
        come at once; a longer message comes alone.

        Raises:
            ZMQError: EPROTO, the next message has several frames; `recv_multipart` takes it.
        """
        limit = integer(limit, "limit", 1, INT_MAX)

        def attempt(handle: CData, ms: int) -> int:
            return lib.zl_recv_many(handle, limit, ms)

        return self._receive(attempt, self._take_frames, flags, timeout)

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
        try:
            size = lib.zl_recv_for(self._handle, 0)
            if 0 <= size <= _SMALL:
                data = self._arena[:size]
                self._loan[0] = _FREE
                return data
            if size > 0:
                return self._take_frame(size)
        except BaseException:
            lib.zl_keep(self._handle)
            raise
        if size == -errno.EAGAIN:
            return None
        # Whatever else came back is looked at by trying again.
        return self._try(lib.zl_recv_for, self._take_frame)

    def _try_recv_multipart(self) -> list[bytes] | None:
        """Receive as `recv_multipart` does if a message is there, None if not."""
        return self._try(lib.zl_recv_multipart_for, self._take_frames)

    def _try(self, attempt: Callable[[CData, int], int], take: Callable[[int], T]) -> T | None:
        handle = self._handle
        try:
            while (count := attempt(handle, 0)) == -errno.EINTR:
                pass
            if count >= 0:
                return take(count)
        except BaseException:
            lib.zl_keep(handle)
            raise
        if count == -errno.EAGAIN:
            return None
        raise failure(-count, "zmq_recv", self._type_name)

    def _receive(
        self,
        attempt: Callable[[CData, int], int],
        take: Callable[[int], T],
        flags: int,
        timeout: int | None,
    ) -> T:
        """Receive with `attempt`, and turn what it lent into objects with `take`."""
        check_flags(flags, DONTWAIT)
        handle = self._handle
        try:
            count = self._wait(
                "zmq_recv", lambda ms: attempt(handle, ms), flags, timeout, SocketOptions.rcvtimeo
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

    def _take_frame(self, size: int) -> bytes:
        if size <= _SMALL:
            data = self._arena[:size]
            self._loan[0] = _FREE
            return data
        guard = self._guard()
        data = ffi.buffer(lib.zl_lent_data(self._handle, 0), size)[:]
        self._loan[0] = _TAKEN
        del guard
        return data

    def _take_frames(self, count: int) -> list[bytes]:
        if count > _APART:
            handle = self._handle
            guard = self._guard()
            frames = [
                ffi.buffer(lib.zl_lent_data(handle, index), lib.zl_lent_size(handle, index))[:]
                for index in range(count - _APART)
            ]
            self._loan[0] = _TAKEN
            del guard
            return frames
        arena, start, frames = self._arena, 0, []
        for size in ffi.unpack(self._sizes, count):
            frames.append(arena[start : start + size])
            start += size
        self._loan[0] = _FREE
        return frames
