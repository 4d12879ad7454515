"""Sockets: their life, endpoints, options and monitors. What goes through them is in `transfer`."""

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
from ..ownership import owned
from ..socket import ZAP_ENDPOINT
from ._handles import (
    SocketHandle,
    answer,
    c_call,
    context_of,
    native,
    socket_of,
    void_p,
)
from ._memory import Memory, Text, required, source, target, text
from .constants import EINVAL, ENOTSOCK, ETERM, ZMQ_CONNECT_ROUTING_ID, ZMQ_REP, ZMQ_ROUTER
from .context import start

_DRAFT_TYPES = frozenset(DRAFT_SOCKET_TYPES.values())
_ZAP_ENDPOINT = ZAP_ENDPOINT.encode()
_SIZE = ffi.sizeof("size_t")
_NO_TYPE = -1
_NO_OPTION = 0  # as a socket option; what libzmq says to it comes in libzmq's own order


def zmq_socket(context: void_p, type: int) -> void_p:
    """Return a new socket of a type: ZMQ_PAIR, ZMQ_PUB, ZMQ_SUB, ZMQ_REQ, ZMQ_REP ...

    One thread at a time may use it: a call while another thread is inside fails with EBUSY, and
    handing it over to another thread is fine. It stays open until `zmq_close`; forgetting it
    closes nothing.

    Returns None with errno EINVAL (no such type, or a draft type that this libzmq lacks), EFAULT
    (no context, or one that was ended), EMFILE (ZMQ_MAX_SOCKETS or the descriptors of the process
    are used up), ETERM (the context was shut down) or, with the first socket, what the system
    says to the thread options: EPERM or EINVAL.

    C: zmq_socket(3)
    """
    socket = SocketHandle(type)
    try:
        if _open(socket, context) == 0:
            return socket
    except BaseException:
        if socket.pointer:  # a signal handler raised, and nobody else could ever close it
            lib.zl_close(socket.pointer, 0, -ENOTSOCK)
        raise
    return None


@c_call(-1)
def _open(socket: SocketHandle, context: void_p) -> int:
    handle = context_of(context)
    pointer = lib.zl_socket_make()
    if not pointer:
        raise failure(errno.ENOMEM, "zmq_socket")
    socket.pointer = owned(pointer, lib.zl_socket_free)
    type = socket.type
    if type in _DRAFT_TYPES and not has("draft"):
        type = _NO_TYPE  # libzmq would make it, and abort the process at the first handshake
    with handle.lock:
        start(handle)
        return answer(lib.zl_socket_open(pointer, handle.pointer(ETERM), type, 0))


@c_call(-1)
def zmq_close(socket: void_p) -> int:
    """Close a socket: messages on their way are still sent, for at most its ZMQ_LINGER.

    Returns at once. What was sent is only dropped or gone when `zmq_ctx_term` returns.

    Returns 0, or -1 and errno ENOTSOCK (no socket, or closed before) or EBUSY (another thread is
    inside the socket).

    C: zmq_close(3)
    """
    handle = socket_of(socket)
    pointer = native(handle)
    code = lib.zl_close(pointer, 0, -ENOTSOCK)
    if not lib.zl_libzmq_socket(pointer):
        handle.pointer = None
    collect()
    return answer(code)


# Endpoints


@c_call(-1)
def zmq_bind(socket: void_p, endpoint: Text) -> int:
    """Accept peers at an endpoint; after tcp://*:* ZMQ_LAST_ENDPOINT tells the real one.

    Returns 0, or -1 and errno EINVAL (malformed, None, or a socket other than REP and ROUTER at
    inproc://zeromq.zap.01), EPROTONOSUPPORT (no such transport), ENOCOMPATPROTO (not with this
    type of socket), EADDRINUSE, EADDRNOTAVAIL, ENODEV (no such interface), EMTHREAD (no I/O
    thread), EMFILE, ETERM, ENOTSOCK, EBUSY, or what the system says.

    C: zmq_bind(3)
    """
    handle = socket_of(socket)
    address = _address(endpoint)
    if address == _ZAP_ENDPOINT and handle.type not in (ZMQ_REP, ZMQ_ROUTER):
        # libzmq aborts at the next connection that asks for authentication.
        raise failure(errno.EINVAL, "zmq_bind")
    reserve(2, "zmq_bind")
    return answer(lib.zl_bind(native(handle), address))


@c_call(-1)
def zmq_connect(socket: void_p, endpoint: Text) -> int:
    """Start connecting to an endpoint, now and again after every loss of the connection.

    Success says nothing about the peer.

    Returns 0, or -1 and errno EINVAL (malformed, or None), EPROTONOSUPPORT (no such transport),
    ENOCOMPATPROTO (not with this type of socket), EMTHREAD (no I/O thread), ENAMETOOLONG (ipc),
    ETERM, ENOTSOCK or EBUSY.

    C: zmq_connect(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_connect(native(handle), _address(endpoint)))


def _address(endpoint: Text) -> bytes:
    """Return an endpoint for C; refuse the kind that libzmq takes and aborts on later."""
    address = required(endpoint, "endpoint", EINVAL)
    if address.startswith(b"norm://"):
        try:
            checked(os.fsdecode(address))
        except ValueError:
            raise failure(EINVAL, "endpoint") from None
    return address


@c_call(-1)
def zmq_unbind(socket: void_p, endpoint: Text) -> int:
    """Stop accepting peers at an endpoint, as ZMQ_LAST_ENDPOINT told it after `zmq_bind`.

    Returns 0, or -1 and errno EINVAL (malformed, or None), ENOENT (not bound there), ETERM,
    ENOTSOCK or EBUSY.

    C: zmq_unbind(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_unbind(native(handle), required(endpoint, "zmq_unbind", EINVAL)))


@c_call(-1)
def zmq_disconnect(socket: void_p, endpoint: Text) -> int:
    """End the connection to an endpoint, named exactly as it was to `zmq_connect`.

    Returns 0, or -1 and errno EINVAL (malformed, or None), ENOENT (not connected there), ETERM,
    ENOTSOCK or EBUSY.

    C: zmq_disconnect(3)
    """
    handle = socket_of(socket)
    return answer(lib.zl_disconnect(native(handle), required(endpoint, "zmq_disconnect", EINVAL)))


# Options


@c_call(-1)
def zmq_setsockopt(socket: void_p, option: int, optval: Memory, optvallen: int) -> int:
    """Set an option to the `optvallen` bytes at the start of `optval`.

    Most options are a `c_int`, ZMQ_MAXMSGSIZE is a `c_int64`, ZMQ_AFFINITY a `c_uint64`; texts and
    binary values are bytes. Durations are milliseconds, -1 for ever.

    Returns 0, or -1 and errno EINVAL (no such option, not the size of its type, a value out of
    range, None with a length, a ZMQ_CONNECT_ROUTING_ID used before on this socket), EFAULT
    (`optval` has less than `optvallen` bytes), ETERM, ENOTSOCK or EBUSY.

    C: zmq_setsockopt(3)
    """
    handle = socket_of(socket)
    if optval is None and optvallen > 0:
        return answer(lib.zl_setsockopt(native(handle), _NO_OPTION, ffi.NULL, 0))
    value = source(optval, optvallen, "zmq_setsockopt")
    name = None
    if option == ZMQ_CONNECT_ROUTING_ID:
        name = value[:optvallen] if isinstance(value, bytes) else ffi.buffer(value, optvallen)[:]
        if name in handle.peer_names:
            # libzmq aborts when a second connection of a socket gets the name of the first.
            raise failure(errno.EINVAL, "zmq_setsockopt")
    code = lib.zl_setsockopt(native(handle), option, value, optvallen)
    if code == 0 and name is not None:
        handle.peer_names.add(name)
    return answer(code)


@c_call(-1)
def zmq_getsockopt(socket: void_p, option: int, optval: Memory, optvallen: Memory) -> int:
    """Write an option to `optval`, of whose size a `c_size_t` tells; that becomes the value's size.

    The type is that of `zmq_setsockopt`. The size of a text counts its final NUL, that of a binary
    value is exact. A key of CURVE is 32 bytes, or 41 as text.

    Returns 0, or -1 and errno EINVAL (no such option, or `optval` too small, or not the size of its
    type), EFAULT (`optval` has less bytes than `optvallen` says, or one of them is None), EINTR
    (ZMQ_EVENTS), ETERM, ENOTSOCK or EBUSY.

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
    """Send what happens to a socket's connections to an inproc endpoint, of a PAIR socket.

    `events` is ZMQ_EVENT_ALL or some of its bits. Each event has two frames: uint16 event and
    uint32 value in native order, as `struct.unpack("=HI", frame)` reads them, then the endpoint.
    With `endpoint` None it stops. Connect a PAIR socket to the endpoint at once and read it
    always: libzmq blocks on an event that nobody takes. Another thread may be inside the socket.

    Returns 0, or -1 and errno EPROTONOSUPPORT (not inproc), EINVAL (malformed endpoint, unknown
    event), EADDRINUSE, EMFILE, ETERM or ENOTSOCK.

    C: zmq_socket_monitor(3)
    """
    pointer = native(socket)
    address = text(endpoint, "zmq_socket_monitor")
    return answer(lib.zl_monitor(pointer, ffi.NULL if address is None else address, events))
