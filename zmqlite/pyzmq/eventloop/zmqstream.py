"""ZMQStream: a socket whose messages come to callbacks on a loop of tornado."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, Self, TypeAlias

from tornado.ioloop import IOLoop
from tornado.log import gen_log

from ...aio.readiness import BOTH, IN, OUT
from ...transfer import DONTWAIT
from .. import asyncio as zmq_asyncio
from ..error import Again, ZMQError
from ..readiness import readiness_of
from ..socket import Socket
from ..utils import jsonapi

Callback: TypeAlias = "Callable[..., Any] | None"

_SAME: Final = (
    *("bind", "bind_to_random_port", "unbind", "connect", "disconnect"),
    *(f"{verb}sockopt{kind}" for verb in ("get", "set") for kind in ("", "_string", "_unicode")),
)
"""The methods that are the socket's own."""


class ZMQStream:
    """A socket whose messages come to callbacks on a loop of tornado, and which sends in order.

    One message comes in each round of the loop, so that streams share it fairly. What is sent waits
    in a queue of the stream until the socket has room. `close` the stream, not the socket.

    A callback may be a coroutine function. What a callback raises is logged to tornado.general.
    All calls belong to the thread of the loop, but for those made before the loop runs.
    """

    def __init__(self, socket: Socket, io_loop: IOLoop | None = None) -> None:
        if isinstance(socket, zmq_asyncio.Socket):
            warnings.warn(
                f"ZMQStream takes a plain socket, not {socket!r}: it uses a shadow of this one",
                RuntimeWarning,
                stacklevel=2,
            )
            socket = Socket.shadow(socket)
        self.socket: Any = socket
        self.io_loop: IOLoop = io_loop or IOLoop.current()
        self.wanted: int = 0  # as readiness.Listener says
        self._readiness = readiness_of(socket._core)
        self._readiness.move(self.io_loop.asyncio_loop)  # type: ignore[attr-defined]
        self._queue: deque[tuple[Sequence[Any], dict[str, Any], Callback]] = deque()
        self._recv_callback: Callback = None
        self._recv_copy = True
        self._send_callback: Callback = None
        self._err_callback: Callback = None
        self._close_callback: Callback = None
        for name in _SAME:
            setattr(self, name, getattr(socket, name))

    # Callbacks

    def on_recv(self, callback: Callback, copy: bool = True) -> None:
        """Call `callback(frames)` with each message from now on; None: with none.

        `frames` is a list of bytes, or of Frame if `copy` is false. Messages that come while there
        is no callback wait in the socket.
        """
        self._check_closed()
        self._recv_callback = _checked(callback)
        self._recv_copy = copy
        self._update()

    def on_recv_stream(self, callback: Callback, copy: bool = True) -> None:
        """Call `callback(stream, frames)` with each message; otherwise as `on_recv`."""
        self.on_recv(self._with_stream(callback), copy)

    def stop_on_recv(self) -> None:
        """Call nobody with messages any more."""
        self.on_recv(None)

    def on_send(self, callback: Callback) -> None:
        """Call `callback(frames, status)` after each message that was sent from the queue.

        `status` is its MessageTracker, None without `track`, or the error if it was not sent.
        """
        self._check_closed()
        self._send_callback = _checked(callback)

    def on_send_stream(self, callback: Callback) -> None:
        """Call `callback(stream, frames, status)`; otherwise as `on_send`."""
        self.on_send(self._with_stream(callback))

    def stop_on_send(self) -> None:
        """Call nobody after a message any more."""
        self.on_send(None)

    def on_err(self, callback: Callback) -> None:
        """Call `callback()` when receiving fails; without one the error is logged."""
        self._check_closed()
        self._err_callback = _checked(callback)

    def stop_on_err(self) -> None:
        """Call nobody when receiving fails any more."""
        self.on_err(None)

    def set_close_callback(self, callback: Callback) -> None:
        """Call `callback()` when the stream is closed."""
        self._close_callback = _checked(callback)

    def _with_stream(self, callback: Callback) -> Callback:
        if _checked(callback) is None:
            return None
        return lambda *args: callback(self, *args)  # type: ignore[misc]

    # Sending

    def send(
        self,
        msg: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: Callback = None,
        **kwargs: Any,
    ) -> None:
        """Queue a message of one frame; see `send_multipart`."""
        self.send_multipart([msg], flags, copy, track, callback, **kwargs)

    def send_multipart(
        self,
        msg: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        callback: Callback = None,
        **kwargs: Any,
    ) -> None:
        """Queue a message; `callback(frames, status)` is called once it was sent, see `on_send`."""
        self._check_closed()
        kwargs.update(flags=flags | DONTWAIT, copy=copy, track=track)
        self._queue.append((msg, kwargs, _checked(callback)))
        if not self.wanted & OUT:
            self._update()

    def send_string(
        self,
        u: str,
        flags: int = 0,
        encoding: str = "utf-8",
        callback: Callback = None,
        **kwargs: Any,
    ) -> None:
        """Queue a text as a message of one frame."""
        if not isinstance(u, str):
            raise TypeError(f"send_string() takes str, not {type(u).__name__}")
        self.send(u.encode(encoding), flags, callback=callback, **kwargs)

    send_unicode = send_string

    def send_json(self, obj: Any, flags: int = 0, callback: Callback = None, **kwargs: Any) -> None:
        """Queue an object as JSON in a message of one frame."""
        self.send(jsonapi.dumps(obj), flags, callback=callback, **kwargs)

    def send_pyobj(
        self, obj: Any, flags: int = 0, protocol: int = -1, callback: Callback = None, **kwargs: Any
    ) -> None:
        """Queue a pickled object; who unpickles it runs what its sender wants."""
        self.send(pickle.dumps(obj, protocol), flags, callback=callback, **kwargs)

    # Messages that come and go

    def flush(self, flag: int = BOTH, limit: int | None = None) -> int:
        """Receive and send what can be at once, without the loop; return how many messages.

        `flag` is POLLIN, POLLOUT or both, `limit` the most messages. The callbacks are called.
        """
        self._check_closed()
        count = 0
        while limit is None or count < limit:
            if self.socket is None or not (flags := flag & self._wants()):
                break
            if not self._handle(self.socket.poll(0, flags)):
                break
            count += 1
        self._update()
        return count

    def ready(self, events: int) -> bool:
        """Do one thing for an event of the socket. For Readiness."""
        return self._handle_events(self.socket, events)

    def _handle_events(self, fd: Any, events: int) -> bool:
        if self.socket is None or self.socket.closed:
            gen_log.warning("Got an event of a closed socket: %r", fd)
            self._readiness.listeners.pop(self, None)
            return False
        try:
            return self._handle(events)
        finally:
            self._update()

    def _handle(self, events: int) -> bool:
        """Receive one message and send one; whether there was one."""
        received = bool(events & IN) and self._recv_callback is not None and self._receive()
        # What the callback has sent goes out at once.
        sent = bool(events & OUT) and self.socket is not None and bool(self._queue) and self._send()
        return received or sent

    def _receive(self) -> bool:
        try:
            frames = self.socket.recv_multipart(DONTWAIT, copy=self._recv_copy)
        except Again:
            return False
        except ZMQError as error:
            if self._err_callback is None:
                gen_log.error("Receiving from %r failed: %s", self.socket, error)
            else:
                self._run_callback(self._err_callback)
            return False
        if self._recv_callback is not None:
            self._run_callback(self._recv_callback, frames)
        return True

    def _send(self) -> bool:
        msg, kwargs, callback = self._queue.popleft()
        status: Any
        try:
            status = self.socket.send_multipart(msg, **kwargs)
        except Again:
            self._queue.appendleft((msg, kwargs, callback))
            return False
        except ZMQError as error:
            gen_log.error("Sending to %r failed: %s", self.socket, error)
            status = error
        callback = callback or self._send_callback
        if callback is not None:
            self._run_callback(callback, msg, status)
        return True

    def _run_callback(self, callback: Callable[..., Any], *args: Any) -> None:
        try:
            result = callback(*args)
        except Exception:
            gen_log.error("Uncaught exception in ZMQStream callback", exc_info=True)
            raise
        if inspect.isawaitable(result):
            loop = self._readiness.loop
            asyncio.ensure_future(result, loop=loop).add_done_callback(_log_error)

    # State

    def receiving(self) -> bool:
        """Whether a callback gets the messages."""
        return self._recv_callback is not None

    def sending(self) -> bool:
        """Whether messages wait to be sent."""
        return bool(self._queue)

    def _wants(self) -> int:
        return (IN if self._recv_callback is not None else 0) | (OUT if self._queue else 0)

    def _update(self) -> None:
        """Have the loop call for what is wanted now."""
        wanted = self._wants() if self.socket is not None else 0
        before, self.wanted = self.wanted, wanted
        if not wanted:
            self._readiness.listeners.pop(self, None)
        elif wanted & ~before or self not in self._readiness.listeners:
            self._readiness.listen(self)

    def closed(self) -> bool:
        """Whether the stream was closed, or its socket; it is closed in the latter case, too."""
        if self.socket is not None and self.socket.closed:
            self.close()
        return self.socket is None

    def close(self, linger: int | None = None) -> None:
        """Close the stream and its socket; what the stream has not sent yet is dropped."""
        if self.socket is None:
            return
        socket, self.socket = self.socket, None
        self._update()
        if socket.closed:
            warnings.warn(
                f"ZMQStream.close() after closing socket {socket!r}: it would have closed that, "
                "and until then got its events",
                RuntimeWarning,
                stacklevel=2,
            )
        else:
            self._readiness.close()
            socket.close(linger)
        if self._close_callback is not None:
            self._run_callback(self._close_callback)

    def _check_closed(self) -> None:
        if self.socket is None:
            raise OSError("the ZMQStream is closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _checked(callback: Callback) -> Callback:
    # AssertionError is what pyzmq's programs get here.
    if callback is not None and not callable(callback):
        raise AssertionError(f"a callback is callable or None, not {callback!r}")
    return callback


def _log_error(future: asyncio.Future[Any]) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        gen_log.error("Uncaught exception in ZMQStream callback", exc_info=error)
