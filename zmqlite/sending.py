"""Sending: the half of a socket through which every message leaves."""

from __future__ import annotations

from itertools import islice

from ._zmq import ffi, lib
from .arguments import payload
from .errors import Again, ZMQError
from .handle import AS_SET, BATCH, DONTWAIT, SNDMORE, Handle, calls, check_flags
from .message import Message, collect, pin, unpin
from .socket_options import SocketOptions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any, Final

    from typing_extensions import Buffer

    from ._zmq import CData

ZERO_COPY: Final = lib.ZL_ZERO_COPY
"""Immutable bytes of this length and more are lent to libzmq instead of copied."""

_send_bytes: Final[Callable[[int, object], bool]] = calls["send_bytes"]
_send_frames: Final[Callable[[int, object], bool]] = calls["send_frames"]
_send_batch: Final[Callable[[int, list[Any], int, int], int]] = calls["send_batch"]


class Sender(Handle):
    """The sending half of Socket."""

    __slots__ = ()

    def send(self, data: Buffer | Message, flags: int = 0, timeout: int | None = None) -> None:
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
        if timeout is None and not flags and _send_bytes(self._address, data):
            return
        # Whatever else came back is looked at by trying again.
        self._send((data,), flags, timeout)

    def send_multipart(
        self,
        frames: Sequence[Buffer | Message],
        flags: int = 0,
        timeout: int | None = None,
    ) -> None:
        """Send one message of several frames: all of it or, if this raises, nothing of it.

        With SNDMORE the message goes on with the next call. Waits and raises as `send` does; a
        frame that is no buffer, or no frame at all, is refused before the first one is sent.

        C: zmq_msg_send(3)
        """
        if timeout is None and not flags and _send_frames(self._address, frames):
            return
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
        self, messages: Iterable[Buffer], flags: int = 0, timeout: int | None = None
    ) -> int:
        """Send many messages of one frame each, in few crossings into C; return how many.

        That is less than all only where DONTWAIT or a timeout, which holds for every wait anew,
        ended it. All messages of a batch of 1024 are looked at before the first of it is sent.
        They are copied; long ones are better sent one by one.

        Raises:
            Again, Timeout: not even the first could be sent.
        """
        check_flags(flags, DONTWAIT)
        wait = AS_SET if timeout is None and not flags else 0
        left, total = iter(messages), 0
        while batch := list(islice(left, BATCH)):
            if set(map(type, batch)) != {bytes}:
                batch = [bytes(payload(message, "send_many()")) for message in batch]
            sent = 0
            while sent < len(batch):
                count = _send_batch(self._address, batch, sent, wait)
                if not count:  # what for, is found by sending the next one alone
                    try:
                        self._send(batch[sent : sent + 1], flags, timeout)
                    except Again:
                        if total + sent == 0:
                            raise
                        return total + sent
                    count = 1
                sent += count
            total += sent
        return total

    def _try_send(self, data: Buffer | Message) -> bool:
        """Send one frame as `send` does if there is room at once; whether there was.

        For zmqlite.aio, whose sockets have a `sndtimeo` of 0.
        """
        if _send_bytes(self._address, data):
            return True
        try:
            self._send((data,), DONTWAIT, None)
        except Again:
            return False
        return True

    def _send(self, frames: Sequence[Buffer | Message], flags: int, timeout: int | None) -> None:
        check_flags(flags, DONTWAIT | SNDMORE)
        name = "send()" if len(frames) == 1 else "send_multipart()"
        parts = [part if isinstance(part, Message) else payload(part, name) for part in frames]
        more = flags & SNDMORE
        collect()
        sent = self._wait(
            "zmq_send",
            lambda ms: _send_parts(self._handle, parts, more, ms),
            flags,
            timeout,
            SocketOptions.sndtimeo,
        )
        if isinstance(sent, ZMQError):
            try:
                raise sent
            finally:
                del sent  # or the frame and the traceback would keep each other, and the socket


def _send_parts(
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
