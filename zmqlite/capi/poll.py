"""zmq_poll, which waits for several sockets, and the proxies, which move messages."""

from __future__ import annotations

import errno
import resource
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._zmq import ffi, lib
from ..arguments import INT_MAX
from ..errors import failure
from ._handles import SocketHandle, answer, c_call, native, socket_of, void_p

if TYPE_CHECKING:
    from .._zmq import CData

__all__ = ["zmq_device", "zmq_poll", "zmq_pollitem_t", "zmq_proxy", "zmq_proxy_steerable"]


class zmq_pollitem_t:
    """An item for zmq_poll: a socket or, if that is None, a file descriptor.

    `events` are those to wait for: ZMQ_POLLIN and ZMQ_POLLOUT, for descriptors also ZMQ_POLLERR and
    ZMQ_POLLPRI. zmq_poll sets `revents` to those that happened.
    """

    __slots__ = ("events", "fd", "revents", "socket")

    def __init__(
        self, socket: void_p = None, fd: int = 0, events: int = 0, revents: int = 0
    ) -> None:
        self.socket: void_p = socket
        self.fd: int = fd
        self.events: int = events
        self.revents: int = revents

    def __repr__(self) -> str:
        return f"zmq_pollitem_t({self.socket}, {self.fd}, {self.events}, {self.revents})"


@c_call(-1)
def zmq_poll(
    items: Sequence[zmq_pollitem_t] | zmq_pollitem_t | None, nitems: int, timeout: int
) -> int:
    """Wait for an event of one of the first `nitems` items; set the `revents` of each.

    `timeout` is in milliseconds; 0 does not wait, -1 waits without limit. A single item needs no
    list. Without items it sleeps. PUB, XPUB, XSUB, STREAM and ROUTER always report ZMQ_POLLOUT,
    also if the next send drops the message or fails.

    Returns the number of items with events, 0 after the timeout, or -1 and errno EINTR (a signal
    arrived), EFAULT (fewer than `nitems` items), EINVAL (`nitems` is negative, or more than the
    process may have file descriptors) or a socket error, such as ETERM, of one of the sockets.

    C: zmq_poll(3)
    """
    if nitems < 0:
        raise failure(errno.EINVAL, "zmq_poll")
    if nitems == 0:
        wait = max(-1, min(timeout, INT_MAX))
        return answer(lib.zl_poll(ffi.NULL, ffi.NULL, 0, wait))
    given = (items,) if isinstance(items, zmq_pollitem_t) else items
    if given is None or nitems > len(given):
        raise failure(errno.EFAULT, "zmq_poll")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if nitems > most != resource.RLIM_INFINITY:
        raise failure(errno.EINVAL, "zmq_poll")  # the system would refuse, and libzmq abort
    polled = _Polled(given[:nitems])
    code = lib.zl_poll(polled.sockets, polled.items, polled.count, timeout)
    return answer(code) if code < 0 else polled.report()


class _Polled:
    """Items as `zl_poll` takes them: each socket once, while C's arrays may repeat them."""

    def __init__(self, given: Sequence[zmq_pollitem_t]) -> None:
        self.given = given
        self.sockets = ffi.new("zl_socket *[]", len(given))
        # The array only holds addresses; another thread may forget a socket before C gets there.
        self._kept: dict[SocketHandle, int] = {}
        self.items = ffi.new("zmq_pollitem_t[]", len(given))
        self.count = 0
        self._places: list[int] = []
        for item in given:
            if not isinstance(item, zmq_pollitem_t):
                raise TypeError(f"a zmq_pollitem_t stands here, not {type(item).__name__}")
            place = self.count
            if item.socket is None:
                self.items[place].fd = item.fd
            else:
                socket = socket_of(item.socket)
                place = self._kept.setdefault(socket, place)
                self.sockets[place] = socket.pointer
            self.items[place].events |= item.events
            self.count = max(self.count, place + 1)
            self._places.append(place)

    def report(self) -> int:
        """Write what was found to the items' `revents`; on how many something was."""
        for item, place in zip(self.given, self._places, strict=True):
            found: int = self.items[place].revents
            item.revents = found if item.socket is None else found & item.events
        return sum(item.revents != 0 for item in self.given)


# Proxies


@c_call(-1)
def zmq_proxy(frontend: void_p, backend: void_p, capture: void_p) -> int:
    """Move messages between two sockets, both ways, until their context is shut down.

    It sends a copy of each message to `capture` first, if that is not None. No other thread may use
    the sockets meanwhile. The same socket may be frontend and backend.

    Returns -1 and errno EINTR (a signal arrived), EFAULT (frontend or backend is None), a socket
    error, or the errno of a receive or send that failed.

    C: zmq_proxy(3)
    """
    return _proxy(frontend, backend, capture, None, steerable=False)


@c_call(-1)
def zmq_proxy_steerable(frontend: void_p, backend: void_p, capture: void_p, control: void_p) -> int:
    """Move messages as `zmq_proxy` does, and obey the commands that `control` receives.

    They are PAUSE, RESUME, TERMINATE and STATISTICS. libzmq 4.3.4 replies to STATISTICS only, and
    aborts the process at an unknown command; 4.3.5 replies to all, and does not pause.
    zmqlite.proxy_steerable behaves the same with every libzmq.

    Returns 0 after TERMINATE, or -1 and errno as `zmq_proxy` does.

    C: zmq_proxy_steerable(3)
    """
    return _proxy(frontend, backend, capture, control, steerable=True)


def zmq_device(type: int, frontend: void_p, backend: void_p) -> int:
    """Call `zmq_proxy` without a capture socket; `type` has no effect. Deprecated.

    C: zmq_device, whose manual page is zmq_proxy(3)
    """
    return zmq_proxy(frontend, backend, None)


def _proxy(
    frontend: void_p, backend: void_p, capture: void_p, control: void_p, *, steerable: bool
) -> int:
    if frontend is None or backend is None:
        raise failure(errno.EFAULT, "zmq_proxy")
    ends, others = (native(frontend), native(backend)), (_maybe(capture), _maybe(control))
    return answer(lib.zl_raw_proxy(*ends, *others, steerable))


def _maybe(socket: void_p) -> CData:
    return ffi.NULL if socket is None else native(socket)
