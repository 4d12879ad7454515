"""Sending and receiving: the part of a socket that every message goes through.

How a received object gets to the caller. The C function leaves it in the tray, a list of one slot.
Two statements that are no call take it out: CPython runs signal handlers after calls, so none can
raise between the moment when the tray is empty and the `return`. If a handler raises before that,
the object is still in the tray, and the next receive returns it. If a handler received it, the tray
is empty after the call, and the loop receives again. Take the object from the tray and not from the
result of the function, or the handler and its victim would both get it.

This module is long because each form of a call is a documented method of the one class.
"""

from __future__ import annotations

import errno
from itertools import islice

from ._zmq import ffi, lib
from .arguments import INT_MAX, check_flags, flat, integer, milliseconds, payload
from .constants import Flag
from .errors import failure, timed_out
from .hints import UNSUBSCRIBED
from .message import Message
from .option import Option
from .socket_options import SUBSCRIBE, SocketOptions, option_failure, socket_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any, Final, NoReturn, TypeVar

    from typing_extensions import Buffer

    from ._direct import Handle
    from .errors import ZMQError

    Got = TypeVar("Got")
    Given = TypeVar("Given")


DONTWAIT: Final = int(Flag.DONTWAIT)
SNDMORE: Final = int(Flag.SNDMORE)

BATCH: Final = lib.ZL_BATCH
"""The most messages that `recv_many` returns, and that `send_many` checks before it sends them."""

FRAME: Final = lib.ZL_FRAME
MESSAGE: Final = lib.ZL_MESSAGE
WHOLE: Final = lib.ZL_WHOLE
MANY: Final = lib.ZL_MANY
PARTS: Final = lib.ZL_PARTS
SINGLE: Final = lib.ZL_SINGLE
"""What a receive returns; see native/api.h."""

_UNUSUAL: Final = lib.ZL_UNUSUAL

_PEER_NAME: Final = SocketOptions.connect_routing_id


class Transfer(SocketOptions):
    """What Socket rests on: the options of a socket, and its messages."""

    __slots__ = (
        "_handle",
        "_peer_names",
        "_pointer",
        "_receive",
        "_send",
        "_subject",
        "_tray",
        "_type_name",
    )

    def __init__(self, handle: Handle, type_name: str) -> None:
        self._handle = handle
        self._pointer = handle.pointer
        self._receive = handle.receive
        self._send = handle.send
        self._tray = handle.tray
        self._type_name = type_name
        self._subject = UNSUBSCRIBED if type_name == "SUB" else type_name  # for errors
        self._peer_names: set[bytes] = set()  # that connect_routing_id was set to

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would close the socket of the original.
        raise TypeError("a Socket can be neither copied nor pickled: give each process its own")

    # Receiving

    def recv(self, flags: int = 0, timeout: int | None = None) -> bytes:
        """Receive one frame as bytes that the caller owns.

        `rcvmore` tells whether more frames of the same message follow; `recv_multipart` receives
        them all. Waits `timeout` milliseconds, -1 for ever, or as long as `rcvtimeo` allows if
        None. Signal handlers run while it waits; the wait is not longer for that. If one raises,
        nothing is lost: the next receive returns the message.

        Raises:
            Again: DONTWAIT was given, and nothing is there.
            Timeout: nothing came in time.
            StateError: a REQ socket that has not sent, a REP socket that has not replied.
            NotSupported: this type of socket does not receive.
            SocketBusy, SocketClosed, ContextTerminated, ForkedProcess: see the errors module.

        C: zmq_recv(3), zmq_msg_recv(3)
        """
        # Not self._receive(...): CPython 3.11 has no fast path to call what is kept in a slot.
        receive = self._receive
        tray: list[bytes | None] = self._tray
        while True:
            code = receive(flags, timeout)
            if (data := tray[0]) is not None:
                tray[0] = None  # no call from here to the return
                return data
            flags, timeout = self._again(code, flags, timeout)

    def recv_multipart(self, flags: int = 0, timeout: int | None = None) -> list[bytes]:
        """Receive one whole message as its frames, in the order they were sent.

        The list has at least one frame; a frame may be empty. Waits and raises as `recv` does.
        After `recv` of a first frame it receives the rest of that message.

        C: zmq_msg_recv(3), ZMQ_RCVMORE in zmq_getsockopt(3)
        """
        receive = self._receive
        tray: list[list[bytes] | None] = self._tray
        while True:
            code = receive(flags, timeout, WHOLE)
            if (frames := tray[0]) is not None:
                tray[0] = None
                return frames
            flags, timeout = self._again(code, flags, timeout)

    def recv_string(
        self, flags: int = 0, *, encoding: str = "utf-8", timeout: int | None = None
    ) -> str:
        """Receive one frame as text. UnicodeDecodeError carries the bytes, as its `object`."""
        receive = self._receive
        tray: list[bytes | None] = self._tray
        while True:
            code = receive(flags, timeout)
            if (data := tray[0]) is not None:
                try:
                    text = data.decode(encoding)
                except UnicodeDecodeError:
                    if tray[0] is data:
                        tray[0] = None
                    raise
                if tray[0] is data:  # else a signal handler has received it
                    tray[0] = None
                    return text
            else:
                flags, timeout = self._again(code, flags, timeout)

    def recv_into(self, buffer: Buffer, flags: int = 0, timeout: int | None = None) -> int:
        """Receive one frame into writable memory; return its size. Waits and raises as `recv`.

        Raises:
            ZMQError: EMSGSIZE, the frame is longer than the buffer; the next receive gets it.
        """
        tray = self._tray
        while True:
            size = self._handle.receive_into(buffer, flags, timeout)
            if size >= 0 and tray[0] is not None:
                tray[0] = None
                return size
            if size == _UNUSUAL:
                _check_writable(buffer)
            elif size > (room := memoryview(buffer).nbytes):
                raise failure(errno.EMSGSIZE, "zmq_recv", f"{size} bytes into {room}")
            flags, timeout = self._again(None if size >= 0 else size, flags, timeout)

    def recv_message(self, flags: int = 0, timeout: int | None = None) -> Message:
        """Receive one frame without a copy, with what is known about its sender.

        `Message.more` tells whether more frames follow. Waits and raises as `recv` does.

        C: zmq_msg_recv(3), zmq_msg_gets(3)
        """
        message: Message = self._receive_other(MESSAGE, flags, timeout)
        return message

    def recv_many(
        self, limit: int = BATCH, flags: int = 0, timeout: int | None = None
    ) -> list[bytes]:
        """Receive messages of one frame that are there, in one call into C: 1 to `limit` of them.

        Waits for the first as `recv` does and never for more. Returns at most 1024 messages and
        64 KiB; a longer message comes alone.

        Raises:
            ZMQError: EPROTO, the next message has several frames; `recv_multipart` receives it.
        """
        limit = integer(limit, "limit", 1, INT_MAX)
        batch: list[bytes] = self._receive_other(MANY, flags, timeout, limit)
        return batch

    def recv_parts(
        self, limit: int, flags: int = 0, timeout: int | None = None
    ) -> list[Message | bytes]:
        """Receive one whole message: its first `limit` frames as Message, the rest as bytes.

        A Message has no copy of its frame, but is larger than bytes as an object. So the limit is
        for messages from strangers, who may send any number of frames. Otherwise as
        `recv_multipart`.

        C: zmq_msg_recv(3)
        """
        limit = integer(limit, "limit", 1, INT_MAX)
        parts: list[Message | bytes] = self._receive_other(PARTS, flags, timeout, limit)
        return parts

    def __iter__(self) -> Iterator[bytes]:
        """Yield frames as `recv` does, until the context is shut down or terminated.

        A `for` statement loses nothing if a signal handler raises. next() and list() are calls:
        if a handler raises as they return, what they received goes with them.
        """
        return self._handle.messages(self, FRAME)

    def iter_multipart(self) -> Iterator[list[bytes]]:
        """Yield whole messages as `recv_multipart` does; otherwise as iterating over the socket."""
        return self._handle.messages(self, WHOLE)

    def _receive_single(self, flags: int = 0, timeout: int | None = None) -> bytes | list[bytes]:
        """Receive one whole message: its frame if it has one, or else the list of its frames."""
        receive = self._receive
        tray: list[bytes | list[bytes] | None] = self._tray
        while True:
            code = receive(flags, timeout, SINGLE)
            if (got := tray[0]) is not None:
                tray[0] = None
                return got
            flags, timeout = self._again(code, flags, timeout)

    def _receive_other(self, what: int, flags: int, timeout: int | None, limit: int = 1) -> Any:
        receive = self._receive
        tray = self._tray
        while True:
            code = receive(flags, timeout, what, limit)
            if (got := tray[0]) is not None:
                tray[0] = None
                return got
            flags, timeout = self._again(code, flags, timeout)

    def _attempt(self, what: int = FRAME, limit: int = 1) -> Any:
        """Receive without waiting; None if nothing is there. For zmqlite.aio."""
        receive = self._receive
        tray = self._tray
        while True:
            code = receive(DONTWAIT, None, what, limit)
            if (got := tray[0]) is not None:
                tray[0] = None
                return got
            if code == -errno.EAGAIN:
                return None
            self._again(code, DONTWAIT, None)

    def _again(self, code: int | None, flags: int, timeout: int | None) -> tuple[int, int | None]:
        """Return the arguments to receive again with, or raise what `code` stands for."""
        if code == _UNUSUAL:
            return _usual(flags, timeout, DONTWAIT)
        if code is not None:
            raise self._failure(code, "zmq_recv", flags, timeout)
        return flags, timeout  # a signal handler has received what was there

    def _iteration_failed(self, what: int, code: int) -> NoReturn:
        """Raise what ended an iteration. C calls this: an iterator has no frame in a traceback."""
        error = self._failure(code, "zmq_recv", 0, None)
        method = "iter_multipart" if what == WHOLE else "__iter__"
        error._method = f"{type(self).__name__}.{method}()"
        raise error

    # Sending

    def send(self, data: Buffer | Message, flags: int = 0, timeout: int | None = None) -> None:
        """Send one frame: with SNDMORE more of the same message follow, else it ends it.

        Returns when libzmq has queued it, which is not yet delivered. The data may be reused at
        once, unless it is a Message. `bytes` of 64 KiB and more are not copied. What happens while
        no peer has room (wait or drop) depends on the socket type; it waits at most `timeout`
        milliseconds, -1 for ever, or as long as `sndtimeo` allows if None.

        Raises:
            Again: DONTWAIT was given, and no peer has room; nothing was sent.
            Timeout: no peer had room in time; nothing was sent.
            StateError: a REP socket that owes no reply, a REQ socket that waits for one.
            HostUnreachable: a ROUTER with `router_mandatory` knows no such routing id.
            NotSupported: this type of socket does not send.
            SocketBusy, SocketClosed, ContextTerminated, ForkedProcess: see the errors module.

        C: zmq_send(3), zmq_msg_send(3)
        """
        send = self._send
        code = send(data, flags, timeout)
        if code is None:
            return
        if code == _UNUSUAL:
            flags, timeout = _usual(flags, timeout, DONTWAIT | SNDMORE)
            code = send(_sendable(data), flags, timeout)
        if code is not None:
            raise self._failure(code, "zmq_send", flags, timeout)

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
        code = self._handle.send_multipart(frames, flags, timeout)
        if code == _UNUSUAL:
            flags, timeout = _usual(flags, timeout, DONTWAIT | SNDMORE)
            code = self._handle.send_multipart(_sendable_frames(frames), flags, timeout)
        if code is not None:
            raise self._failure(code, "zmq_send", flags, timeout)

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
        self.send(text.encode(encoding), flags, timeout)

    def send_many(
        self, messages: Iterable[Buffer], flags: int = 0, timeout: int | None = None
    ) -> int:
        """Send many messages of one frame each, in few calls into C; return how many.

        That is less than all only if DONTWAIT, a timeout (which holds for every wait anew) or lack
        of memory ended it. All messages of a batch of 1024 are checked before its first is sent.

        Raises:
            Again, Timeout: not even the first could be sent.
        """
        flags, timeout = _usual(flags, timeout, DONTWAIT)
        left, total = iter(messages), 0
        try:
            while True:
                if not (batch := list(islice(left, BATCH))):
                    break
                if set(map(type, batch)) != {bytes}:
                    batch = [_sendable(message, "send_many()") for message in batch]
                after = total + len(batch)  # now, as nothing may fail once they are sent
                code = self._handle.send_many(batch, flags, timeout)
                if code is None:
                    total = after
                elif code > 0:
                    return total + code
                elif code == -errno.EAGAIN and total:
                    return total
                else:
                    raise self._failure(code, "zmq_send", flags, timeout)
        except MemoryError:
            if not total:
                raise
        return total

    def _attempt_send(self, data: Buffer | Message) -> bool:
        """Send one frame without waiting; False if no peer has room. For zmqlite.aio."""
        code = self._send(data, DONTWAIT)
        if code == -errno.EAGAIN:
            return False
        if code is not None:
            self.send(data, DONTWAIT)  # raises, or converts the data
        return True

    def _failure(self, code: int, call: str, flags: int, timeout: int | None) -> ZMQError:
        """Build the exception for a code; a timeout that was given ends in Timeout."""
        if code == -errno.EAGAIN and not flags & DONTWAIT:
            if timeout is None:
                timeout = self.rcvtimeo if call == "zmq_recv" else self.sndtimeo
                if timeout == 0:
                    return failure(errno.EAGAIN, call, self._subject)
            return timed_out(timeout, call, self._subject)
        return failure(-code, call, self._subject)

    # Options

    @property
    def closed(self) -> bool:
        """Whether the socket was closed, by itself or by its context."""
        return not lib.zl_is_open(self._pointer)

    def get(self, option: Option[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Socket.linger`, or a number of zmq.h.

        A number that zmqlite does not know gives an int if libzmq has four bytes, else bytes.

        C: zmq_getsockopt(3)
        """
        row = socket_option(option, "r")
        for size in row.sizes:
            value = self._handle.getsockopt(row.number, size)
            if isinstance(value, bytes):
                return row.decode(value)
            code = value
            if code != -errno.EINVAL:
                break
        raise option_failure(-code, "zmq_getsockopt", row, self._type_name)

    def set(self, option: Option[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Socket.linger`, or a number of zmq.h.

        Raises:
            TypeError, ValueError: not a value of this option; nothing was changed.
            ZMQError: libzmq refuses it.

        C: zmq_setsockopt(3)
        """
        self._write(socket_option(option, "w"), value)

    def _write(self, row: Option[Any, Given], value: Given) -> None:
        encoded = row.encode(value)
        if row is _PEER_NAME and encoded in self._peer_names:
            # libzmq aborts when a second connection of a socket gets the name of the first.
            raise ValueError(f"{row.name} {encoded!r} was used before on this socket")
        data, size = (ffi.NULL, 0) if encoded is None else (encoded, len(encoded))
        code = lib.zl_setsockopt(self._pointer, row.number, data, size)
        if code < 0:
            raise option_failure(-code, "zmq_setsockopt", row, self._type_name)
        if row is _PEER_NAME and encoded is not None:
            self._peer_names.add(encoded)
        elif row is SUBSCRIBE and self._subject is UNSUBSCRIBED:
            self._subject = self._type_name


def _usual(flags: int, timeout: int | None, allowed: int) -> tuple[int, int | None]:
    """Return flags and timeout as C takes them, or raise what is wrong with them."""
    return check_flags(flags, allowed), None if timeout is None else milliseconds(timeout)


def _sendable(data: Buffer | Message, name: str = "send()") -> Buffer | Message:
    return data if isinstance(data, Message) else payload(data, name)


def _sendable_frames(frames: Sequence[Buffer | Message]) -> tuple[Buffer | Message, ...]:
    if isinstance(frames, (bytes, str, bytearray, memoryview, Message)):
        raise TypeError(
            f"send_multipart() takes a list of frames, not {type(frames).__name__}; "
            "send() takes one frame"
        )
    if not (given := tuple(frames)):
        raise ValueError("a message has at least one frame, which may be empty: [b'']")
    return tuple(_sendable(frame, "send_multipart()") for frame in given)


def _check_writable(buffer: Buffer) -> None:
    target = flat(buffer, "recv_into()")
    if not isinstance(target, memoryview) or target.readonly:
        raise TypeError("recv_into() takes a writable buffer without gaps")
