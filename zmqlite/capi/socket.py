"""Sockets: opening, closing, endpoints, options and monitors. `transfer` sends and receives."""

from __future__ import annotations

import errno
import os

from .._zmq import ffi, lib
from ..arguments import endpoint as checked
from ..constants import DRAFT_SOCKET_TYPES
from ..errors import failure
from ..fds import reserve
from ..library import has
from ..message import collect
from ..socket import ZAP_ENDPOINT
from ._handles import SocketHandle, answer, c_call, context_of, native, socket_of, void_p
from ._memory import Memory, Text, required, source, target, text, view_of
from .constants import EINVAL, ENOTSOCK, ETERM, ZMQ_CONNECT_ROUTING_ID, ZMQ_REP, ZMQ_ROUTER
from .context import start

__all__ = [
    "zmq_bind", "zmq_close", "zmq_connect", "zmq_disconnect", "zmq_getsockopt", "zmq_setsockopt",
    "zmq_socket", "zmq_socket_monitor", "zmq_unbind",
]  # fmt: skip

_DRAFT_TYPES = frozenset(DRAFT_SOCKET_TYPES.values())
_ZAP_ENDPOINT = ZAP_ENDPOINT.encode()
_SIZE = ffi.sizeof("size_t")
_NO_TYPE = -1
_NO_OPTION = 0  # libzmq checks the socket first, then refuses this option with EINVAL


def zmq_socket(context: void_p, type: int) -> void_p:
    """Return a new socket of a type: ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP ...

    One thread at a time may use it, and another one later: a call while another thread is inside
    fails with EBUSY. It stays open until `zmq_close`; dropping the last reference does not close
    it.

    Returns None with errno EINVAL (no such type, or a draft type that this libzmq lacks), EFAULT
    (no context, or terminated), EMFILE (ZMQ_MAX_SOCKETS or the file descriptors of the process are
    used up), ETERM (the context was shut down) or, for the first socket of a context, EPERM or
    EINVAL (the system refuses the options of the threads).

    C: zmq_socket(3)
    """
    socket = SocketHandle(type)
    try:
        if _open(socket, context) == 0:
            return socket
    except BaseException:
        # A signal handler raised, and the caller gets no handle.
        lib.zl_close(socket.pointer, 0, -ENOTSOCK)
        raise
    return None


@c_call(-1)
def _open(socket: SocketHandle, context: void_p) -> int:
    handle = context_of(context)
    type = socket.type
    if type in _DRAFT_TYPES and not has("draft"):
        type = _NO_TYPE  # libzmq would create it, and abort at the first handshake
    with handle.lock:
        start(handle)
        return answer(lib.zl_socket_open(socket.pointer, handle.pointer(ETERM), type))


@c_call(-1)
def zmq_close(socket: void_p) -> int:
    """Close a socket. Queued messages are still sent, for at most its ZMQ_LINGER.

    It does not wait for them: `zmq_ctx_term` does.

    Returns 0, or -1 and errno ENOTSOCK (no socket, or closed before) or EBUSY (another thread is
    inside the socket).

    C: zmq_close(3)
    """
    code = lib.zl_close(native(socket), 0, -ENOTSOCK)
    collect()
    return answer(code)


# Endpoints


@c_call(-1)
def zmq_bind(socket: void_p, endpoint: Text) -> int:
    """Accept connections at an endpoint. ZMQ_LAST_ENDPOINT has the port after tcp://*:*.

    Returns 0, or -1 and errno EINVAL (malformed, None, or a socket other than REP and ROUTER at
    inproc://zeromq.zap.01), EPROTONOSUPPORT (no such transport), ENOCOMPATPROTO (not with this
    type of socket), EADDRINUSE, EADDRNOTAVAIL, ENODEV (no such interface), EMTHREAD (no I/O
    thread), EMFILE, a socket error, or an errno of the system.

    C: zmq_bind(3)
    """
    handle = socket_of(socket)
    address = _address(endpoint)
    if address == _ZAP_ENDPOINT and handle.type not in (ZMQ_REP, ZMQ_ROUTER):
        # libzmq would abort at the next connection that is to be authenticated.
        raise failure(errno.EINVAL, "zmq_bind")
    reserve(2, "zmq_bind")
    return answer(lib.zl_bind(handle.pointer, address))


@c_call(-1)
def zmq_connect(socket: void_p, endpoint: Text) -> int:
    """Connect to an endpoint in the background, and again whenever the connection is lost.

    Success does not mean that there is a peer.

    Returns 0, or -1 and errno EINVAL (malformed, or None), EPROTONOSUPPORT (no such transport),
    ENOCOMPATPROTO (not with this type of socket), EMTHREAD (no I/O thread), ENAMETOOLONG (ipc) or
    a socket error.

    C: zmq_connect(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_connect(handle.pointer, _address(endpoint)))


def _address(endpoint: Text) -> bytes:
    """Return an endpoint for C; refuse one of the norm transport with which libzmq would abort."""
    address = required(endpoint, "endpoint", EINVAL)
    if address.startswith(b"norm://"):
        try:
            checked(os.fsdecode(address))
        except ValueError:
            raise failure(EINVAL, "endpoint") from None
    return address


@c_call(-1)
def zmq_unbind(socket: void_p, endpoint: Text) -> int:
    """Stop accepting connections at an endpoint.

    It is spelled as ZMQ_LAST_ENDPOINT was after `zmq_bind`.

    Returns 0, or -1 and errno EINVAL (malformed, or None), ENOENT (not bound there) or a socket
    error.

    C: zmq_unbind(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_unbind(handle.pointer, required(endpoint, "zmq_unbind", EINVAL)))


@c_call(-1)
def zmq_disconnect(socket: void_p, endpoint: Text) -> int:
    """End the connection to an endpoint, spelled exactly as for `zmq_connect`.

    Parts of a message whose first ones were received are still there; C would abort.

    Returns 0, or -1 and errno EINVAL (malformed, or None), ENOENT (not connected there) or a socket
    error.

    C: zmq_disconnect(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_disconnect(handle.pointer, required(endpoint, "zmq_disconnect", EINVAL)))


# Options


@c_call(-1)
def zmq_setsockopt(socket: void_p, option: int, optval: Memory, optvallen: int) -> int:
    """Set an option to the `optvallen` bytes at the start of `optval`.

    Most options are a `c_int`, ZMQ_MAXMSGSIZE is a `c_int64`, ZMQ_AFFINITY a `c_uint64`; texts and
    binary values are bytes. Durations are milliseconds, and -1 means without limit.

    Returns 0, or -1 and errno EINVAL (no such option, not the size of its type, a value out of
    range, None with a length, a ZMQ_CONNECT_ROUTING_ID used before on this socket), EFAULT
    (`optval` has fewer than `optvallen` bytes) or a socket error.

    C: zmq_setsockopt(3)
    """
    handle = socket_of(socket)
    if optval is None and optvallen > 0:
        return answer(lib.zl_setsockopt(handle.pointer, _NO_OPTION, ffi.NULL, 0))
    value = source(optval, optvallen, "zmq_setsockopt")
    name = None
    if option == ZMQ_CONNECT_ROUTING_ID:
        name = bytes(view_of(value, optvallen))
        if name in handle.peer_names:
            # libzmq would abort if two connections of a socket got the same routing id.
            raise failure(errno.EINVAL, "zmq_setsockopt")
    code = lib.zl_setsockopt(handle.pointer, option, value, optvallen)
    if code == 0 and name is not None:
        handle.peer_names.add(name)
    return answer(code)


@c_call(-1)
def zmq_getsockopt(socket: void_p, option: int, optval: Memory, optvallen: Memory) -> int:
    """Write an option to `optval`, and its size to `optvallen`, a `c_size_t`.

    Before the call `optvallen` is the size of `optval`. The types are those of `zmq_setsockopt`.
    The size of a text includes the NUL at its end. A CURVE key is 32 bytes, or 41 as text.

    Returns 0, or -1 and errno EINVAL (no such option, or `optval` is too small, or does not have
    the size of its type), EFAULT (`optval` has fewer bytes than `optvallen` says, or one of them is
    None), EINTR (ZMQ_EVENTS) or a socket error.

    C: zmq_getsockopt(3)
    """
    pointer = native(socket)
    length = ffi.new("size_t *")
    place = target(optvallen, _SIZE, "zmq_getsockopt")
    ffi.memmove(length, place, _SIZE)
    value = target(optval, length[0], "zmq_getsockopt")
    code = lib.zl_raw_getsockopt(pointer, option, value, length)
    if code == 0:
        ffi.memmove(place, length, _SIZE)
    return answer(code)


# Monitoring


@c_call(-1)
def zmq_socket_monitor(socket: void_p, endpoint: Text, events: int) -> int:
    """Send the events of a socket's connections to an inproc endpoint; stop if that is None.

    `events` is ZMQ_EVENT_ALL or some of its bits. An event is a message of two frames: a uint16 and
    a uint32 in native byte order (`struct.unpack("=HI", frame)`), the event and its value; and the
    endpoint of the connection. Connect a PAIR socket to `endpoint` at once, and keep receiving:
    libzmq blocks while its queue of events is full. Another thread may be inside `socket`.

    Returns 0, or -1 and errno EPROTONOSUPPORT (not inproc), EINVAL (malformed endpoint, unknown
    event), EADDRINUSE, EMFILE, ENOTSOCK or ETERM.

    C: zmq_socket_monitor(3)
    """
    pointer = native(socket)
    address = text(endpoint, "zmq_socket_monitor")
    return answer(lib.zl_monitor(pointer, ffi.NULL if address is None else address, events))
