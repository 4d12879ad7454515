"""Socket: pyzmq's socket over a socket of the core.

This module is long because each method of the one class is documented here.
"""

from __future__ import annotations

import errno
import os
import pickle
import random

from .. import errors
from .._typing import Generic, overload
from .._zmq import ffi, lib
from ..arguments import INT_MAX
from ..transfer import FRAME, MESSAGE, PARTS, WHOLE
from .attributes import SocketAttributes
from .constants import EADDRINUSE, EVENT_ALL, POLLIN, SocketOption, SocketType
from .core import PlainSocket
from .core import sockets as _by_address
from .error import ZMQBindError, ZMQError, translated, translating
from .frame import COPY_THRESHOLD, Frame, all_received, received
from .options import get_option, kind_of, set_option
from .tracker import _FINISHED_TRACKER, MessageTracker
from .utils import jsonapi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal, Self

    from typing_extensions import Buffer, TypeVar

    from .context import Context

    R = TypeVar("R", default=bytes)
    T = TypeVar("T")
else:
    R = None

_UNUSUAL = lib.ZL_UNUSUAL


def filling(buffer: Buffer, nbytes: int) -> Callable[[Buffer], int]:
    """Check the arguments of `recv_into`; return what copies a frame there and returns its size."""
    view = memoryview(buffer)
    if view.readonly or not view.contiguous:
        raise BufferError("recv_into() takes a writable buffer without gaps")
    if not 0 <= nbytes <= view.nbytes:
        raise ValueError(f"nbytes is 0 to {view.nbytes}, the size of the buffer, not {nbytes}")
    target = view.cast("B")[: nbytes or None] if view.nbytes else view

    def fill(frame: Buffer) -> int:
        source = memoryview(frame)
        fits = min(source.nbytes, target.nbytes)
        target[:fits] = source[:fits]
        return source.nbytes

    return fill


class _Endpoint:
    """What bind and connect return: a `with` block that ends with unbind or disconnect."""

    def __init__(self, socket: Socket[Any], kind: str, address: str) -> None:
        self.socket = socket
        self.kind = kind
        self.addr = address

    def __enter__(self) -> Socket[Any]:
        return self.socket

    def __exit__(self, *_: object) -> None:
        if self.socket.closed:
            return
        if self.kind == "connect":
            self.socket.disconnect(self.addr)
        else:
            self.socket.unbind(self.addr)

    def __repr__(self) -> str:
        return f"<SocketContext({self.kind}={self.addr!r})>"


class Socket(SocketAttributes, Generic["R"]):
    """A socket with pyzmq's methods; `Context.socket` makes it.

    One thread uses it at a time: a second one gets ZMQError with EBUSY. In a forked child every
    call raises ECHILD. Options are attributes in lower and upper case: `socket.linger = 0`. A
    subclass may have attributes of its own.

    `Socket(other)`, `Socket.shadow(other)` and copies use the same socket of libzmq, which
    `close` of any of them closes; dropping one closes nothing while another is there.

    C: zmq_socket(3)
    """

    __slots__ = (
        "__weakref__",
        "_context",
        "_core",
        "_monitor_socket",
        "_receive",
        "_send",
        "_send_frames",
        "_shadow",
        "_shadow_obj",
        "_tray",
        "copy_threshold",
    )

    _repr_cls = "zmq.Socket"

    def __init__(
        self,
        ctx_or_socket: Any = None,
        socket_type: int = 0,
        *,
        shadow: Socket[Any] | int = 0,
        copy_threshold: int | None = None,
    ) -> None:
        if isinstance(ctx_or_socket, Socket):
            shadow = ctx_or_socket
        self.copy_threshold: int = COPY_THRESHOLD if copy_threshold is None else copy_threshold
        self._monitor_socket: Socket[Any] | None = None
        self._shadow_obj: Any = None
        self._shadow: bool = shadow != 0
        self._context: Any = None if isinstance(ctx_or_socket, Socket) else ctx_or_socket
        if isinstance(shadow, Socket):
            self._shadow_obj, core = shadow, shadow._core
            self._context = self._context or shadow._context
        elif shadow:
            if shadow not in _by_address:
                raise ZMQError(errno.ENOTSOCK, f"no socket of zmqlite has the address {shadow:#x}")
            core = _by_address[shadow]
        else:
            if self._context is None:
                raise TypeError("a Socket is made with a Context, or as a shadow of another one")
            core = self._context._open(socket_type)
            self._context._add_socket(self)
        self._core: PlainSocket = core
        self._receive = core._handle.receive
        self._send = core._handle.send
        self._send_frames = core._handle.send_multipart
        self._tray: list[Any] = core._handle.tray

    @classmethod
    def shadow(cls, address: int | Socket[Any]) -> Self:
        """Make a socket that uses the same socket of libzmq as another one of this process.

        Addresses are those that `underlying` gives. Those of other libraries are refused.
        """
        return cls(shadow=address)

    def __copy__(self, memo: object = None) -> Self:
        return type(self)(shadow=self)

    __deepcopy__ = __copy__

    @property
    def underlying(self) -> int:
        """The address of the socket, for `shadow`."""
        return self._core._handle.address

    @property
    def context(self) -> Context[Any]:
        """The context that made the socket; None for a shadow made by an address."""
        context: Context[Any] = self._context
        return context

    @property
    def type(self) -> SocketType:
        """The type of the socket."""
        return SocketType(self.get(SocketOption.TYPE))

    socket_type = type

    @property
    def closed(self) -> bool:
        """Whether the socket was closed, by itself or by its context."""
        return self._core.closed

    def close(self, linger: int | None = None) -> None:
        """Close the socket; `linger` in milliseconds, if given, is set first. Twice is no error.

        C: zmq_close(3)
        """
        if self._core.closed:
            return
        if self._context is not None:
            self._context._rm_socket(self)
        with translating():
            self._core.close(linger)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        kind, closed = self._core._type_name, " closed" if self.closed else ""
        return f"<{self._repr_cls}(zmq.{kind}) at {id(self):#x}{closed}>"

    # Endpoints

    def bind(self, addr: str | bytes) -> _Endpoint:
        """Accept peers at an endpoint; in a `with` statement until the end of its block.

        Raises:
            ZMQError: EADDRINUSE, EINVAL ...; the text names the endpoint. A port above 65535, and
                an ipc path that is a file but no socket, are refused.

        C: zmq_bind(3)
        """
        name = self._endpoint_call(self._core.bind, addr)
        try:
            last = self.get(SocketOption.LAST_ENDPOINT)
        except ZMQError:
            last = b""
        wildcard = name.endswith((":0", ":*")) or "*" in name
        return _Endpoint(self, "bind", os.fsdecode(last) if wildcard and last else name)

    def connect(self, addr: str | bytes) -> _Endpoint:
        """Start connecting to an endpoint; in a `with` statement until the end of its block.

        C: zmq_connect(3)
        """
        return _Endpoint(self, "connect", self._endpoint_call(self._core.connect, addr))

    def unbind(self, addr: str | bytes) -> None:
        """Stop accepting peers at an endpoint.

        C: zmq_unbind(3)
        """
        self._endpoint_call(self._core.unbind, addr)

    def disconnect(self, addr: str | bytes) -> None:
        """End the connection to an endpoint.

        C: zmq_disconnect(3)
        """
        self._endpoint_call(self._core.disconnect, addr)

    def _endpoint_call(self, call: Callable[[str], object], addr: str | bytes) -> str:
        if self._core.closed:
            raise ZMQError(errno.ENOTSOCK)
        name = os.fsdecode(addr) if isinstance(addr, bytes) else addr
        if not isinstance(name, str):
            raise TypeError(f"an endpoint is a str, not {addr!r}")
        with translating(name):
            call(name)
        return name

    def bind_to_random_port(
        self, addr: str, min_port: int = 49152, max_port: int = 65536, max_tries: int = 100
    ) -> int:
        """Bind to a free port of `addr`, such as `tcp://127.0.0.1`, and return its number.

        The system chooses it, unless other limits are given: from `min_port` to below `max_port`.

        Raises:
            ZMQBindError: none of `max_tries` ports was free.
        """
        if (min_port, max_port) == (49152, 65536):
            self.bind(f"{addr}:*")
            last = self.get(SocketOption.LAST_ENDPOINT)
            assert isinstance(last, bytes)
            return int(last.rpartition(b":")[2])
        for _ in range(max_tries):
            port = random.randrange(min_port, max_port)
            try:
                self.bind(f"{addr}:{port}")
            except ZMQError as error:
                if error.errno != EADDRINUSE:
                    raise
            else:
                return port
        raise ZMQBindError(f"none of {max_tries} ports of {addr} was free")

    # Options

    def get(self, option: int) -> Any:
        """Read an option: an int, or bytes without a NUL at the end (but for ROUTING_ID).

        C: zmq_getsockopt(3)
        """
        return get_option(self._core, option)

    def set(self, option: int, optval: int | bytes) -> None:
        """Change an option: an int or bytes, as it is.

        C: zmq_setsockopt(3)
        """
        set_option(self._core, option, optval)

    def get_string(self, option: int, encoding: str = "utf-8") -> str:
        """Read an option of bytes as text."""
        if kind_of(option).value != "bytes":
            raise TypeError(f"option {option} is no text")
        text: bytes = self.get(option)
        return text.decode(encoding)

    def set_string(self, option: int, optval: str, encoding: str = "utf-8") -> None:
        """Change an option of bytes to an encoded text."""
        if not isinstance(optval, str):
            raise TypeError(f"set_string() takes str, not {type(optval).__name__}")
        self.set(option, optval.encode(encoding))

    setsockopt = set
    getsockopt = get
    setsockopt_string = set_string
    setsockopt_unicode = set_string
    getsockopt_string = get_string
    getsockopt_unicode = get_string

    def get_hwm(self) -> int:
        """Return the high-water mark for sending, or for receiving where there is none."""
        try:
            number: int = self.get(SocketOption.SNDHWM)
        except ZMQError:
            number = self.get(SocketOption.RCVHWM)
        return number

    def set_hwm(self, value: int) -> None:
        """Set the high-water marks of both directions."""
        self.set(SocketOption.SNDHWM, value)
        self.set(SocketOption.RCVHWM, value)

    @property
    def hwm(self) -> int:
        """The high-water marks of both directions; see get_hwm and set_hwm."""
        return self.get_hwm()

    @hwm.setter
    def hwm(self, value: int) -> None:
        self.set_hwm(value)

    HWM = hwm

    def fileno(self) -> int:
        """Return the file descriptor that becomes readable when EVENTS may have changed."""
        number: int = self.get(SocketOption.FD)
        return number

    def join(self, group: str | bytes) -> None:
        """Raise ZMQError: this is for draft DISH sockets only."""
        raise ZMQError(errno.ENOTSUP)

    leave = join

    # Sending

    # Any: numpy's arrays are no Buffer for type checkers before Python 3.12.
    @overload
    def send(
        self, data: Any, flags: int = 0, copy: Literal[True] = True, track: bool = False
    ) -> None: ...
    @overload
    def send(
        self, data: Any, flags: int = 0, copy: bool = True, track: bool = False
    ) -> MessageTracker | None: ...
    @overload
    def send(
        self, data: Any, flags: int = 0, *, routing_id: int | None = None, group: str | None = None
    ) -> None: ...
    def send(
        self,
        data: Any,
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        routing_id: int | None = None,
        group: str | None = None,
    ) -> MessageTracker | None:
        """Send one frame; with SNDMORE more of the message follow.

        With `copy=False`, data of `copy_threshold` bytes and more are sent without a copy: they
        must not change until the MessageTracker that `track=True` returns is done.

        Raises:
            Again: DONTWAIT, or `sndtimeo` is over, and no peer has room. Nothing was sent.
            TypeError: a str, or something else that is no buffer.

        C: zmq_msg_send(3)
        """
        if routing_id is not None or group is not None:
            raise ZMQError(errno.ENOTSUP)
        if not copy:
            data, tracker = self._lend(data, track)
        else:
            tracker = None
        send = self._send
        code = send(data, flags)
        if code is None:
            return tracker
        if code != _UNUSUAL:
            raise translated(self._core._failure(code, "zmq_send", flags, None))
        # Nothing was sent: the core converts the data, or says what is wrong with them.
        with translating():
            self._core.send(data, flags)
        return tracker

    def send_multipart(
        self,
        msg_parts: Sequence[Any],
        flags: int = 0,
        copy: bool = True,
        track: bool = False,
        **kwargs: Any,
    ) -> MessageTracker | None:
        """Send one message of several frames: all of it or, if this raises, nothing of it.

        Raises:
            TypeError: a frame is no buffer.

        C: zmq_msg_send(3)
        """
        if kwargs:
            raise ZMQError(errno.ENOTSUP)
        tracker: MessageTracker | None = None
        if not copy:
            lent = [self._lend(part, track) for part in msg_parts]
            msg_parts = [part for part, _ in lent]
            if track:
                tracker = MessageTracker(*(each for _, each in lent if each is not None))
        code = self._send_frames(msg_parts, flags)
        if code is None:
            return tracker
        if code != _UNUSUAL:
            raise translated(self._core._failure(code, "zmq_send", flags, None))
        parts = tuple(msg_parts)
        if not parts:
            return tracker
        with translating():
            self._core.send_multipart(parts, flags)
        return tracker

    def _lend(self, data: Any, track: bool) -> tuple[Any, MessageTracker | None]:
        """Return what is sent for `data` without a copy, and its tracker."""
        if isinstance(data, Frame):
            if track and data.tracker is None:
                raise ValueError("the Frame was made without track=True")
            return data, data.tracker
        if isinstance(data, str):
            raise TypeError("send() takes bytes, not str: encode it, or use send_string()")
        if memoryview(data).nbytes < self.copy_threshold:
            return data, _FINISHED_TRACKER
        frame = Frame(data, track=track, copy=False)
        return frame, frame.tracker

    def send_string(
        self, u: str, flags: int = 0, copy: bool = True, encoding: str = "utf-8", **kwargs: Any
    ) -> Any:
        """Send a text as one frame."""
        if not isinstance(u, str):
            raise TypeError(f"send_string() takes str, not {type(u).__name__}")
        return self.send(u.encode(encoding), flags, copy=copy, **kwargs)

    send_unicode = send_string

    def send_json(self, obj: object, flags: int = 0, **kwargs: Any) -> Any:
        """Send an object as JSON; other arguments are for `send` or json.dumps."""
        send = {key: kwargs.pop(key) for key in ("routing_id", "group") if key in kwargs}
        return self.send(jsonapi.dumps(obj, **kwargs), flags, **send)

    def send_pyobj(self, obj: object, flags: int = 0, protocol: int = 4, **kwargs: Any) -> Any:
        """Send an object as a pickle. See `recv_pyobj` for what that means to the receiver."""
        return self.send(pickle.dumps(obj, protocol), flags, **kwargs)

    def send_serialized(
        self,
        msg: T,
        serialize: Callable[[T], Sequence[Any]],
        flags: int = 0,
        copy: bool = True,
        **kwargs: Any,
    ) -> Any:
        """Send the frames that `serialize(msg)` returns."""
        return self.send_multipart(serialize(msg), flags, copy=copy, **kwargs)

    # Receiving

    @overload
    def recv(self, flags: int = 0, copy: Literal[True] = True, track: bool = False) -> bytes: ...
    @overload
    def recv(self, flags: int = 0, *, copy: Literal[False], track: bool = False) -> Frame: ...
    @overload
    def recv(self, flags: int, copy: Literal[False], track: bool = False) -> Frame: ...
    @overload
    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> Any: ...
    def recv(self, flags: int = 0, copy: bool = True, track: bool = False) -> bytes | Frame:
        """Receive one frame, as bytes or, with `copy=False`, as a Frame.

        Raises:
            Again: DONTWAIT, or `rcvtimeo` is over, and no message came.

        C: zmq_msg_recv(3)
        """
        if copy:
            receive = self._receive
            tray: list[bytes | None] = self._tray
            code = receive(flags)
            if (data := tray[0]) is not None:
                tray[0] = None  # no call from here to the return, see zmqlite.transfer
                return data
            got: bytes = self._recv_again(code, flags, FRAME)
            return got
        return received(self._recv_again(None, flags, MESSAGE))

    @overload
    def recv_multipart(
        self, flags: int = 0, copy: Literal[True] = True, track: bool = False
    ) -> list[bytes]: ...
    @overload
    def recv_multipart(
        self, flags: int = 0, *, copy: Literal[False], track: bool = False
    ) -> list[Frame]: ...
    @overload
    def recv_multipart(
        self, flags: int, copy: Literal[False], track: bool = False
    ) -> list[Frame]: ...
    @overload
    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> list[bytes] | list[Frame]: ...
    def recv_multipart(
        self, flags: int = 0, copy: bool = True, track: bool = False
    ) -> list[bytes] | list[Frame]:
        """Receive one whole message as its frames.

        C: zmq_msg_recv(3)
        """
        if copy:
            receive = self._receive
            tray: list[list[bytes] | None] = self._tray
            code = receive(flags, None, WHOLE)
            if (frames := tray[0]) is not None:
                tray[0] = None
                return frames
            got: list[bytes] = self._recv_again(code, flags, WHOLE)
            return got
        return all_received(self._recv_again(None, flags, PARTS, INT_MAX))

    def _recv_again(self, code: int | None, flags: int, what: int, limit: int = 1) -> Any:
        """Receive in the general way, after an attempt that ended with `code` or before any."""
        receive = self._receive
        tray = self._tray
        timeout: int | None = None
        try:
            while True:
                if code is not None:
                    flags, timeout = self._core._again(code, flags, timeout)
                code = receive(flags, timeout, what, limit)
                if (got := tray[0]) is not None:
                    tray[0] = None
                    return got
        except (errors.ZMQError, ValueError) as error:
            raise translated(error) from None

    def recv_into(self, buffer: Any, /, *, nbytes: int = 0, flags: int = 0) -> int:
        """Receive one frame into memory, cut to `nbytes` (0: the buffer's); return its whole size.

        Raises:
            BufferError: the buffer is read-only or has gaps.
            ValueError: `nbytes` is negative or more than the buffer has.
        """
        fill = filling(buffer, nbytes)
        return fill(self._recv_again(None, flags, MESSAGE))

    def recv_string(self, flags: int = 0, encoding: str = "utf-8") -> Any:
        """Receive one frame as text."""
        return self.recv(flags).decode(encoding)

    recv_unicode = recv_string

    def recv_json(self, flags: int = 0, **kwargs: Any) -> Any:
        """Receive one frame of JSON; other arguments are for json.loads."""
        return jsonapi.loads(self.recv(flags), **kwargs)

    def recv_pyobj(self, flags: int = 0) -> Any:
        """Receive one frame as a pickle.

        Who sends a pickle decides what this process executes. So this is for peers that are
        trusted as this program itself is, never for messages from a network.
        """
        return pickle.loads(self.recv(flags))

    def recv_serialized(
        self, deserialize: Callable[[list[Any]], T], flags: int = 0, copy: bool = True
    ) -> Any:
        """Receive one message and return `deserialize(frames)`."""
        return deserialize(self.recv_multipart(flags, copy=copy))

    # Waiting and watching

    def poll(self, timeout: float | None = None, flags: int = POLLIN) -> int:
        """Wait for events, `timeout` milliseconds or for ever; return them, 0 if none came.

        C: zmq_poll(3)
        """
        with translating():
            wait = -1 if timeout is None or timeout < 0 else int(timeout)
            return int(self._core.poll(wait, flags))

    def monitor(self, addr: str | bytes | None, events: int = EVENT_ALL) -> None:
        """Have libzmq publish the events of this socket at an inproc endpoint; None ends it.

        C: zmq_socket_monitor(3)
        """
        inproc = self._core._inproc
        name = addr.encode() if isinstance(addr, str) else addr
        code = lib.zl_monitor(self._core._pointer, ffi.NULL if name is None else name, events)
        if code < 0:
            raise ZMQError(-code)
        if name is not None:
            inproc.bound(name)

    def get_monitor_socket(self, events: int | None = None, addr: str | None = None) -> Self:
        """Return a PAIR socket that receives the events of this socket, the same each time."""
        if self._monitor_socket is not None:
            if not self._monitor_socket.closed:
                return self._monitor_socket  # type: ignore[return-value]
            self._monitor_socket = None
        if addr is None:
            addr = f"inproc://monitor.s-{self.fileno()}"
        self.monitor(addr, EVENT_ALL if events is None else events)
        monitor = self.context.socket(SocketType.PAIR, socket_class=type(self))
        monitor.connect(addr)
        self._monitor_socket = monitor
        return monitor  # type: ignore[no-any-return]

    def disable_monitor(self) -> None:
        """End what `monitor` and `get_monitor_socket` began."""
        self._monitor_socket = None
        self.monitor(None, 0)


SyncSocket = Socket
