"""Waiting for several sockets, and moving messages between them: zmq_poll and the proxies."""

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


class zmq_pollitem_t:
    """One element of what zmq_poll waits for: a socket or, where that is None, a descriptor.

    `events` is what to wait for, ZMQ_POLLIN, ZMQ_POLLOUT and, for descriptors, ZMQ_POLLERR and
    ZMQ_POLLPRI; `revents` is what zmq_poll found.
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
    """Wait until something happens on one of the first `nitems` items; see their `revents`.

    `timeout` is in milliseconds; 0 does not wait, -1 waits for ever. One item may stand without a
    list. With no items it sleeps. ZMQ_POLLOUT does not always mean that the next send goes through:
    PUB, XPUB, XSUB, STREAM and ROUTER report it always.

    Returns the number of items on which something happened, 0 if the time ran out, or -1 and errno
    EINTR (a signal arrived), ETERM (of one of the sockets), ENOTSOCK, EBUSY (another thread is
    inside one of them), EFAULT (less than `nitems` items) or EINVAL (`nitems` is negative, or more
    than the process may have descriptors).

    C: zmq_poll(3)
    """
    if nitems < 0:
        raise failure(errno.EINVAL, "zmq_poll")
    if nitems == 0:
        wait = max(-1, min(timeout, INT_MAX))
        return answer(lib.zl_poll(ffi.NULL, ffi.NULL, 0, ffi.NULL, wait))
    given = (items,) if isinstance(items, zmq_pollitem_t) else items
    if given is None or nitems > len(given):
        raise failure(errno.EFAULT, "zmq_poll")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if nitems > most != resource.RLIM_INFINITY:
        raise failure(errno.EINVAL, "zmq_poll")  # the system would refuse, and libzmq abort
    polled = _Polled(given[:nitems])
    code = lib.zl_poll(polled.sockets, polled.items, polled.count, polled.ready, timeout)
    return answer(code) if code < 0 else polled.report()


class _Polled:
    """Items as the shim takes them: each socket once, which C does not ask for."""

    def __init__(self, given: Sequence[zmq_pollitem_t]) -> None:
        self.given = given
        self.sockets = ffi.new("zl_socket *[]", len(given))
        self.items = ffi.new("zmq_pollitem_t[]", len(given))
        self.ready = ffi.new("int[]", 2 * len(given))
        self.count = 0
        self._places: list[int] = []
        known: dict[SocketHandle, int] = {}
        for item in given:
            if not isinstance(item, zmq_pollitem_t):
                raise TypeError(f"a zmq_pollitem_t stands here, not {type(item).__name__}")
            place = self.count
            if item.socket is None:
                self.items[place].fd = item.fd
            else:
                socket = socket_of(item.socket)
                place = known.setdefault(socket, place)
                self.sockets[place] = native(socket)
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
    """Move messages between two sockets, both ways, until their context is ended.

    A copy of each goes to `capture` first, if that is not None. While it runs the sockets belong to
    it. The same socket may be frontend and backend.

    Returns -1 and errno ETERM, EINTR (a signal arrived), EFAULT (None), ENOTSOCK, EBUSY, or what a
    receive or send inside fails with.

    C: zmq_proxy(3)
    """
    return _proxy(frontend, backend, capture, None, steerable=False)


@c_call(-1)
def zmq_proxy_steerable(frontend: void_p, backend: void_p, capture: void_p, control: void_p) -> int:
    """Move messages as `zmq_proxy` does, and do what arrives at `control`.

    PAUSE, RESUME, TERMINATE, and STATISTICS, which is answered. How well depends on the libzmq:
    that of 4.3.4 does not answer the others and aborts the process on an unknown command, that of
    4.3.5 answers all and does not pause. zmqlite.proxy_steerable is the same everywhere.

    Returns 0 after TERMINATE, or -1 and errno as `zmq_proxy`.

    C: zmq_proxy_steerable(3)
    """
    return _proxy(frontend, backend, capture, control, steerable=True)


def zmq_device(type: int, frontend: void_p, backend: void_p) -> int:
    """Be `zmq_proxy` without a capture; `type` says nothing. Deprecated.

    C: zmq_device, whose page is that of zmq_proxy(3)
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
