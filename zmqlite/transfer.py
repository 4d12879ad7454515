"""Sending and receiving: the part of a socket that every message goes through.

How a receive hands over its bytes. The shim lends frames, in an arena that all calls share, and
leaves the socket busy until Python has made objects of them and writes to the loan byte. Until
then the frames stay in the shim: an exception in between (Ctrl-C, MemoryError) ends the loan with
`zl_keep`, and the next receive gets the same frames again. So nothing is lost, and no other
thread can write to the arena while it is being read. From that write to the `return`, nothing may
run a signal handler, hence no call: one that raised would take the message with it.

How a wait ends. A default call into the shim tries once, and waits only where that needs no clock:
for ever. Everything else, timeouts and signals, is the slow path through `_wait`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from ._zmq import ffi, lib
from .arguments import integer, milliseconds, payload
from .constants import Flag
from .errors import Again, ContextTerminated, ZMQError, failure, timed_out
from .handle import Handle
from .message import Message, collect, pin, received, unpin
from .options import Milliseconds
from .socket_options import SocketOptions
from .waiting import until

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from ._zmq import CData

T = TypeVar("T")

ZERO_COPY: Final = 65536
"""Immutable bytes of this length and more are lent to libzmq instead of copied."""

BATCH: Final = 1024
"""Messages that cross into C at once when many are sent."""

_SMALL: Final = lib.ZL_SMALL
_APART: Final = lib.ZL_APART
_AS_SET: Final = lib.ZL_AS_SET
_FREE: Final = lib.ZL_FREE
_TAKEN: Final = lib.ZL_TAKEN
_DONTWAIT: Final = int(Flag.DONTWAIT)
_SNDMORE: Final = int(Flag.SNDMORE)


class Transfer(Handle):
    """The sending and receiving half of Socket, over the handle of the shim."""

    __slots__ = ("_arena", "_loan", "_sizes")

    def __init__(self, handle: CData, type_name: str) -> None:
        super().__init__(handle, type_name)
        self._arena = ffi.buffer(lib.zl_arena(handle), lib.ZL_ARENA)
        self._sizes = lib.zl_sizes(handle)
        self._loan = memoryview(ffi.buffer(lib.zl_loan(handle), 1))

    def _wait(
        self,
        call: str,
        attempt: Callable[[int], int],
        flags: int,
        timeout: int | None,
        option: Milliseconds,
    ) -> int | ZMQError:
        """Make `attempt(ms)` until it succeeds or the time is over; its count, or why it failed.

        Without a timeout of the call the option rules: the shim knows whether it is for ever, and
        only tries where it is not.
        """
        wait = milliseconds(timeout) if timeout is not None else _AS_SET
        if flags & _DONTWAIT:
            wait = 0
        code = until(attempt, wait)
        if code == -errno.EAGAIN and wait == _AS_SET:
            wait = self.get(option)
            if wait > 0:
                code = until(attempt, wait)
        if code >= 0:
            return code
        if code == -errno.EAGAIN and wait > 0:
            return timed_out(wait, call, self._type_name)
        return failure(-code, call, self._type_name)

    # Sending

    def send(self, data: Buffer | Message, flags: int = 0, *, timeout: int | None = None) -> None:
        """Send one frame: with SNDMORE more of the same message follow, else it ends it.

        Returns when libzmq has queued it, which is not yet delivered. The data may be reused at
        once, unless it is a Message. What happens while no peer has room (wait or drop) depends on
        the socket type; it waits at most `timeout` milliseconds, -1 for ever, or as long as
        `sndtimeo` allows if None.

        Raises:
            Again: DONTWAIT was given, and nobody has room; nothing was sent.
            Timeout: nobody had room in time; nothing was sent.
            StateError: a REP socket that owes no reply, a REQ socket that waits for one.
            HostUnreachable: a ROUTER with `router_mandatory` knows no such routing id.
            NotSupported: this type of socket does not send.
            SocketBusy, SocketClosed, ContextTerminated, ForkedProcess: see the errors module.

        C: zmq_send(3), zmq_msg_send(3)
        """
        if (
            timeout is None
            and not flags
            and type(data) is bytes
            and len(data) < ZERO_COPY
            and lib.zl_send(self._handle, data, len(data)) == 0
        ):
            return
        # Whatever else came back is looked at by trying again.
        self._send((data,), flags, timeout)

    def send_multipart(
        self,
        frames: Sequence[Buffer | Message],
        flags: int = 0,
        *,
        timeout: int | None = None,
    ) -> None:
        """Send one message of several frames: all of it or, if this raises, nothing of it.

        With SNDMORE the message goes on with the next call. Waits and raises as `send` does; a
        frame that is no buffer, or no frame at all, is refused before the first one is sent.

        C: zmq_msg_send(3)
        """
        if isinstance(frames, (bytes, str, bytearray, memoryview, Message)):
            raise TypeError(
                f"send_multipart() takes a list of frames, not {type(frames).__name__}; "
                "send() takes one frame"
            )
        frames = tuple(frames)
        if not frames:
            raise ValueError("a message has at least one frame, which may be empty: [b'']")
        self._send(frames, flags, timeout)

    def send_string(
        self,
        text: str,
        flags: int = 0,
        *,
        encoding: str = "utf-8",
        timeout: int | None = None,
    ) -> None:
        """Send a text as one frame; otherwise as `send`."""
        if not isinstance(text, str):
            raise TypeError(f"send_string() takes str, not {type(text).__name__}; see send()")
        self.send(text.encode(encoding), flags, timeout=timeout)

    def send_many(
        self, messages: Iterable[Buffer], flags: int = 0, *, timeout: int | None = None
    ) -> int:
        """Send many messages of one frame each, in few crossings into C; return how many.

        That is less than all only where DONTWAIT or a timeout, which holds for every wait anew,
        ended it. All messages of a batch of 1024 are looked at before the first of it is sent.
        They are copied; long ones are better sent one by one.

        Raises:
            Again, Timeout: not even the first could be sent.
        """
        _check_flags(flags, _DONTWAIT)
        left, total = iter(messages), 0
        while batch := [payload(message) for message in islice(left, BATCH)]:
            sizes = [len(message) for message in batch]
            data = b"".join(batch)
            sent = 0
            while sent < len(batch):
                try:
                    sent += self._send_batch(data, sizes, sent, flags, timeout)
                except Again:
                    if total + sent == 0:
                        raise
                    return total + sent
            total += sent
        return total

    def _send_batch(
        self, data: bytes, sizes: list[int], start: int, flags: int, timeout: int | None
    ) -> int:
        rest = data[sum(sizes[:start]) :] if start else data
        count = len(sizes) - start
        lengths = sizes[start:] if start else sizes
        return self._put(
            lambda ms: lib.zl_send_many(self._handle, rest, lengths, count, ms), flags, timeout
        )

    def _send(self, frames: Sequence[Buffer | Message], flags: int, timeout: int | None) -> None:
        _check_flags(flags, _DONTWAIT | _SNDMORE)
        parts = [part if isinstance(part, Message) else payload(part) for part in frames]
        more = flags & _SNDMORE
        count = len(parts)
        if any(isinstance(part, Message) or len(part) >= ZERO_COPY for part in parts):
            collect()

            def attempt(ms: int) -> int:
                return _send_frames(self._handle, parts, more, ms)
        else:
            data = b"".join(parts)  # type: ignore[arg-type]  # none of them is a Message
            sizes = [len(part) for part in parts]

            def attempt(ms: int) -> int:
                return lib.zl_send_packed(self._handle, data, sizes, count, more, ms)

        self._put(attempt, flags, timeout)

    def _put(self, attempt: Callable[[int], int], flags: int, timeout: int | None) -> int:
        count = self._wait("zmq_send", attempt, flags, timeout, SocketOptions.sndtimeo)
        if not isinstance(count, ZMQError):
            return count
        try:
            raise count
        finally:
            del count  # or the frame and the traceback would keep each other, and the socket

    # Receiving

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
        target = payload(buffer)
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
        limit = integer(limit, "limit", 1, 2**31 - 1)

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

    def _receive(
        self,
        attempt: Callable[[CData, int], int],
        take: Callable[[int], T],
        flags: int,
        timeout: int | None,
    ) -> T:
        """Receive with `attempt`, and turn what it lent into objects with `take`."""
        _check_flags(flags, _DONTWAIT)
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
            del count  # as in _put

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


def _check_flags(flags: int, allowed: int) -> None:
    if not isinstance(flags, int):
        raise TypeError(f"flags are DONTWAIT and SNDMORE, not {type(flags).__name__}")
    if flags & ~allowed:
        raise ValueError(f"unknown flags {flags & ~allowed:#x}; a timeout is given as timeout=")


def _send_frames(
    handle: CData, parts: Sequence[bytes | memoryview | Message], more: int, ms: int
) -> int:
    """Send one message, long `bytes` and Message objects without a copy."""
    frames = ffi.new("zl_frame[]", len(parts))
    memories = []  # what C reads must live until it returns
    try:
        for index, part in enumerate(parts):
            frame = frames[index]
            if isinstance(part, Message):
                frame.message = part._handle
                continue
            memory = ffi.from_buffer("char[]", part)
            memories.append(memory)
            frame.data = memory
            frame.size = len(part)
            if isinstance(part, bytes) and len(part) >= ZERO_COPY:
                frame.pin = pin(memory)
        return lib.zl_send_frames(handle, frames, len(parts), more, ms)
    finally:
        for index in range(len(parts)):
            if frames[index].pin:  # C never took it over
                unpin(frames[index].pin)
