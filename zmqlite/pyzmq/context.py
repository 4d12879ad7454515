"""Context: pyzmq's context over a context of the core."""

from __future__ import annotations

import errno
import warnings
from _thread import RLock
from weakref import WeakSet

from .._typing import Generic
from .attributes import ContextAttributes
from .constants import SocketType
from .core import PlainContext, PlainSocket
from .core import contexts as _by_address
from .error import ZMQError, translating
from .socket import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self

    from typing_extensions import TypeVar

    S = TypeVar("S", bound=Socket[Any], default=Socket[bytes])
else:
    S = None


class Context(ContextAttributes, Generic["S"]):
    """The I/O threads of libzmq and the sockets that use them, with pyzmq's methods.

    Options of the context are attributes, as in `max_sockets`. Setting an option of sockets, as in
    `context.linger = 0`, makes it the default of the sockets that follow. New sockets linger for
    ever, as libzmq's do. `Context(other)` and copies use the same context of libzmq.

    C: zmq_ctx_new(3)
    """

    __slots__ = (
        *("__dict__", "__weakref__"),  # a dictionary, since programs set `_socket_class`
        *("_core", "_defaults", "_shadow", "_shadow_obj", "_sockets"),
    )

    _socket_class: Any = Socket
    _repr_cls = "zmq.Context"
    _instance: ClassVar[Any] = None
    _instance_lock = RLock()

    def __init__(self, io_threads: int | Context[Any] = 1, shadow: Context[Any] | int = 0) -> None:
        if isinstance(io_threads, Context):
            shadow, io_threads = io_threads, 1
        self._shadow: bool = shadow != 0
        self._shadow_obj: Context[Any] | None = None
        self._sockets: WeakSet[Socket[Any]] = WeakSet()
        self._defaults: dict[int, Any] = {}
        self._core: PlainContext
        if isinstance(shadow, Context):
            self._shadow_obj = shadow
            self._core = shadow._core
        elif shadow:
            if shadow not in _by_address:
                raise ZMQError(errno.EFAULT, f"no context of zmqlite has the address {shadow:#x}")
            self._core = _by_address[shadow]
        else:
            with translating():
                self._core = PlainContext(io_threads)

    def __setattr__(self, name: str, value: Any) -> None:
        declared = (getattr(each, "__annotations__", ()) for each in type(self).__mro__)
        if not hasattr(type(self), name) and all(name not in each for each in declared):
            raise AttributeError(f"{type(self).__name__} has no option or attribute {name!r}")
        object.__setattr__(self, name, value)

    @classmethod
    def shadow(cls, address: int | Context[Any]) -> Self:
        """Make a context that uses the same context of libzmq as another one of this process."""
        return cls(shadow=address)

    @classmethod
    def instance(cls, io_threads: int = 1) -> Self:
        """Return the context of this class that all callers share.

        A new one is made after the last one was terminated, and in a forked child.
        """
        known = cls._instance
        if known is None or known.closed or known._core._owner.forked:
            with cls._instance_lock:
                known = cls._instance
                if known is None or known.closed or known._core._owner.forked:
                    known = cls._instance = cls(io_threads=io_threads)
        found: Self = known
        return found

    def __copy__(self, memo: object = None) -> Self:
        return type(self)(shadow=self)

    __deepcopy__ = __copy__

    @property
    def underlying(self) -> int:
        """The address of libzmq's context, for `shadow`."""
        return self._core.address

    @property
    def closed(self) -> bool:
        """Whether the context was terminated."""
        return self._core.closed

    # Sockets

    def socket(self, socket_type: int, socket_class: Any = None, **kwargs: Any) -> S:
        """Make a socket of `socket_class`, or else the class of this context's sockets.

        Other arguments are for the class.

        C: zmq_socket(3)
        """
        if self.closed:
            raise ZMQError(errno.EFAULT if self._shadow else errno.ENOTSUP)
        socket: S = (socket_class or self._socket_class)(self, socket_type, **kwargs)
        for option, value in self._defaults.items():
            try:
                socket.set(option, value)
            except ZMQError:
                pass  # not an option of this type
        return socket

    def _open(self, socket_type: int) -> PlainSocket:
        try:
            kind = SocketType(socket_type)
        except ValueError:
            raise ZMQError(errno.EINVAL) from None
        if kind > SocketType.STREAM:  # a draft: libzmq would abort at its first handshake
            raise ZMQError(errno.ENOTSUP)
        with translating():
            return self._core.plain_socket(int(kind), kind.name)

    def _add_socket(self, socket: Socket[Any]) -> None:
        self._sockets.add(socket)

    def _rm_socket(self, socket: Socket[Any]) -> None:
        self._sockets.discard(socket)

    # Options

    def get(self, option: int) -> int:
        """Read an option.

        C: zmq_ctx_get(3)
        """
        with translating():
            return int(self._core.get(int(option)))

    def set(self, option: int, optval: int) -> None:
        """Change an option.

        C: zmq_ctx_set(3)
        """
        with translating():
            self._core.set(int(option), optval)

    def setsockopt(self, opt: int, value: Any) -> None:
        """Set the default of an option for the sockets that follow."""
        self._defaults[opt] = value

    def getsockopt(self, opt: int) -> Any:
        """Return the default of an option that was set here."""
        return self._defaults[opt]

    # The end

    def term(self) -> None:
        """Wake all threads, wait until all sockets are closed and have sent, and end the context.

        The threads that wait in a socket get ContextTerminated. Doing it again does nothing.

        C: zmq_ctx_term(3)
        """
        with translating():
            self._core.wait_term()

    def destroy(self, linger: int | None = None) -> None:
        """Close all sockets, with `linger` milliseconds if given, and end the context."""
        if self.closed:
            return
        for socket in list(self._sockets):
            try:
                socket.close(linger)
            except ZMQError as error:
                if error.errno != errno.EBUSY:
                    raise
                self._core.shutdown()  # the thread inside leaves with ContextTerminated
                socket.close()
        self.term()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self.closed and any(not socket.closed for socket in self._sockets):
            warnings.warn(f"Destroying {self!r} with open sockets", ResourceWarning, stacklevel=2)
        self.destroy()

    def __repr__(self) -> str:
        count = sum(not socket.closed for socket in self._sockets)
        held = "" if not count else f"{count} socket" + "s" * (count > 1)
        closed = " closed" if self.closed else ""
        return f"<{self._repr_cls}({held}) at {id(self):#x}{closed}>"


SyncContext = Context
