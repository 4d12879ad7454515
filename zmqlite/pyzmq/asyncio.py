"""Sockets for asyncio: calls that may wait return futures.

A call is tried at once and waits only where it has to, first come, first served. `cancel` ends it
at once. A task that awaits it goes on in the same step of the event loop in which the message is
taken, so cancelling loses none. Not so for a future that something else awaits, such as `gather`:
the message is its result, whoever reads it.
"""

from __future__ import annotations

import os
import pickle
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

from ..aio.readiness import IN, OUT
from ..arguments import INT_MAX
from ..transfer import DONTWAIT, MESSAGE, PARTS, WHOLE
from . import context as _context
from . import poll as _poll
from . import socket as _socket
from .constants import PollEvent
from .error import Again
from .frame import all_received, received
from .operation import Operation
from .readiness import Readiness, current_loop, poll, readiness_of
from .utils import jsonapi

__all__ = ["Context", "Poller", "Socket"]


class Socket(_socket.Socket):
    """A socket whose calls that may wait return futures; all else is as with zmq.Socket.

    It serves the event loop that it is used in, and several of them one after another. `rcvtimeo`
    and `sndtimeo` count from the call. Closing it cancels what waits.
    """

    _kept: Readiness | None = None  # used through _readiness

    def __init__(
        self, context: Any = None, socket_type: int = -1, io_loop: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(context, socket_type, **kwargs)

    @classmethod
    def from_socket(cls, socket: _socket.Socket, io_loop: Any = None) -> Self:
        """Return an asyncio socket for the same libzmq socket as a plain one."""
        return cls.shadow(socket)

    @property
    def _readiness(self) -> Readiness:
        kept = self._kept
        if kept is None:
            kept = self._kept = readiness_of(self._core)
        return kept

    @property
    def _recv_futures(self) -> list[Operation]:
        kept = self._kept
        return [] if kept is None else [*kept.receives, *kept.polls]

    @property
    def _send_futures(self) -> list[Operation]:
        kept = self._kept
        return [] if kept is None else [*kept.sends]

    def _start_recv(
        self, attempt: Callable[..., Any], convert: Callable[[Any], Any] | None, flags: int
    ) -> Future[Any]:
        readiness = self._kept or self._readiness
        return readiness.start(readiness.receives, attempt, convert, flags)

    # Receiving

    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Future[Any]:  # type: ignore[override]
        """Return a future of one frame: bytes, or a Frame if `copy` is false."""
        core = self._core
        if copy:
            return self._start_recv(core._attempt, None, flags)
        return self._start_recv(partial(core._attempt, MESSAGE), received, flags)

    def recv_multipart(  # type: ignore[override]
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> Future[list[Any]]:
        """Return a future of one whole message, as a list of bytes, or of Frames."""
        return self._receive_whole(None if copy else all_received, flags, copy)

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> Future[int]:  # type: ignore[override]
        """Return a future of the size of one frame, of which as much as fits is in `buffer`."""
        fill = _socket.filling(buffer, nbytes)
        return self._start_recv(self._core._attempt, fill, flags)

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Future[str]:
        """Return a future of one frame as text."""
        return self._start_recv(self._core._attempt, partial(str, encoding=encoding), flags)

    recv_unicode = recv_string

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Future[Any]:
        """Return a future of what one frame says in JSON."""
        return self._start_recv(self._core._attempt, partial(jsonapi.loads, **kwargs), flags)

    def recv_pyobj(self, flags: int = 0) -> Future[Any]:
        """Return a future of an unpickled object: never of a peer that may be hostile."""
        return self._start_recv(self._core._attempt, pickle.loads, flags)

    def recv_serialized(
        self, deserialize: Callable[[list[Any]], Any], flags: int = 0, copy: bool = True
    ) -> Future[Any]:
        """Return a future of what `deserialize` makes of a whole message."""
        convert = deserialize if copy else lambda parts: deserialize(all_received(parts))
        return self._receive_whole(convert, flags, copy)

    def _receive_whole(
        self, convert: Callable[[Any], Any] | None, flags: int, copy: bool
    ) -> Future[Any]:
        attempt = self._core._attempt
        call = partial(attempt, WHOLE) if copy else partial(attempt, PARTS, INT_MAX)
        return self._start_recv(call, convert, flags)

    def _start_send(
        self, attempt: Callable[[], Any], convert: Callable[[Any], Any], flags: int
    ) -> Future[Any]:
        readiness = self._kept or self._readiness
        return readiness.start(readiness.sends, attempt, convert, flags)

    # Sending

    def send(  # type: ignore[override]
        self, data: Any, flags: int = 0, copy: bool = True, track: bool = False, **kwargs: Any
    ) -> Future[Any]:
        """Return a future that is done when libzmq has queued the frame: None, or its tracker.

        The data has to stay as it is until then.
        """
        attempt: Callable[[], Any]
        if type(data) is bytes and copy and not track and not flags and not kwargs:
            return self._start_send(partial(self._core._attempt_send, data), _none, 0)
        attempt = partial(
            super().send, data, flags=flags | DONTWAIT, copy=copy, track=track, **kwargs
        )
        return self._start_send(partial(_unless_again, attempt), _only, flags)

    def send_multipart(  # type: ignore[override]
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> Future[Any]:
        """Return a future that is done when libzmq has queued the whole message."""
        attempt = partial(
            super().send_multipart,
            msg_parts,
            flags=flags | DONTWAIT,
            copy=copy,
            track=track,
            **kwargs,
        )
        return self._start_send(partial(_unless_again, attempt), _only, flags)

    # Waiting

    def poll(self, timeout: float | None = None, flags: int = PollEvent.POLLIN) -> Future[int]:  # type: ignore[override]
        """Return a future of the events that are there, 0 after `timeout` milliseconds.

        Another operation may be faster, so that a receive after it waits all the same.
        """
        super().poll(0, flags)  # raises if the socket is closed
        attempt = partial(_anything, super().poll, 0, flags)
        return poll(current_loop(), [self._readiness], attempt, _bound(timeout), 0)

    # Calls that may take the edge from those who wait

    def get(self, option: int) -> Any:
        """Return an option; see zmq.Socket."""
        try:
            return super().get(option)
        finally:
            self._stirred()

    def set(self, option: int, optval: Any) -> None:
        """Change an option; see zmq.Socket."""
        try:
            super().set(option, optval)
        finally:
            self._stirred()

    getsockopt = get
    setsockopt = set

    def _endpoint_call(self, call: Callable[[str], object], addr: str | bytes) -> str:
        try:
            return super()._endpoint_call(call, addr)
        finally:
            self._stirred()

    def _stirred(self) -> None:
        kept = self._kept
        if kept is not None:
            kept.stirred()

    def close(self, linger: int | None = None) -> None:
        """Close the socket and cancel what waits, from any thread; see zmq.Socket."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()
        super().close(linger)


class Context(_context.Context[Socket]):
    """A context whose sockets are for asyncio."""

    __slots__ = ()

    _socket_class = Socket
    _instance = None


class Poller(_poll.Poller):
    """Waits for several sockets and descriptors at once, in an event loop."""

    def poll(self, timeout: float | None = -1) -> Future[list[tuple[Any, int]]]:  # type: ignore[override]
        """Return a future of what is ready, [] after `timeout` milliseconds.

        Sockets that are registered while it waits count from the next call on.
        """
        loop = current_loop()
        sockets = [item for item, _ in self.sockets if isinstance(item, _socket.Socket)]
        found: Future[list[tuple[Any, int]]] = poll(
            loop,
            [readiness_of(socket._core) for socket in sockets if not socket.closed],
            partial(_anything, super().poll, 0),
            _bound(timeout),
            [],
        )
        if isinstance(found, Operation):
            for item, events in self.sockets:
                if not isinstance(item, _socket.Socket):
                    _watch(loop, item if isinstance(item, int) else item.fileno(), events, found)
        return found


def _watch(loop: AbstractEventLoop, number: int, events: int, operation: Operation) -> None:
    """Have a descriptor that is no socket of ours serve an operation until that is done.

    The event loop watches a duplicate: the program may watch the descriptor itself.
    """
    duplicate = os.dup(number)

    def end(_: object) -> None:
        if not loop.is_closed():
            loop.remove_reader(duplicate)
            loop.remove_writer(duplicate)
        os.close(duplicate)

    operation.add_done_callback(end)
    if events & IN:
        loop.add_reader(duplicate, operation.serve)
    if events & OUT:
        loop.add_writer(duplicate, operation.serve)


def _bound(timeout: float | None) -> float | None:
    return None if timeout is None or timeout < 0 else timeout


def _anything(poll: Callable[..., Any], *args: Any) -> Any:
    return poll(*args) or None


def _unless_again(call: Callable[[], Any]) -> tuple[Any] | None:
    """Return what a call returned, which may be None, in a tuple; None if it would have to wait."""
    try:
        return (call(),)
    except Again:
        return None


def _only(result: tuple[Any]) -> Any:
    return result[0]


def _none(_: Any) -> None:
    return None
