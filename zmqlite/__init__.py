"""ZeroMQ for Python: a thin binding of libzmq, as in `import zmqlite as zmq`.

Layers, each importing only from those above it:

    _zmq                                       libzmq's API and our C, compiled
    constants, errors, arguments, options      numbers, exceptions, what users pass
    message, transfer, monitor, socket         one socket and what goes through it
    context, poll, proxy                       many sockets
    cli                                        python -m zmqlite
"""

from ._zmq import ffi, lib
from .constants import (
    DEALER,
    DONTWAIT,
    PAIR,
    POLLERR,
    POLLIN,
    POLLOUT,
    POLLPRI,
    PUB,
    PULL,
    PUSH,
    REP,
    REQ,
    ROUTER,
    SNDMORE,
    STREAM,
    SUB,
    XPUB,
    XSUB,
    Event,
    Flag,
    GssapiNameType,
    Mechanism,
    MonitorEvent,
    ProtocolError,
    SocketType,
)
from .context import Context
from .curve import curve_keypair, curve_public, has, z85_decode, z85_encode, zmq_version
from .errors import (
    AddressInUse,
    Again,
    ContextTerminated,
    ForkedProcess,
    HostUnreachable,
    InvalidArgument,
    NotSupported,
    SocketBusy,
    SocketClosed,
    StateError,
    Timeout,
    ZMQError,
)
from .message import Message
from .monitor import Monitor, SocketEvent
from .poll import Poller
from .proxy import proxy, proxy_steerable
from .socket import Socket

__version__ = "0.1.0"
