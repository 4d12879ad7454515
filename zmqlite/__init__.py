"""ZeroMQ for Python: a thin binding of libzmq, as in `import zmqlite as zmq`.

Layers, each importing only from those above it, imports for type checkers included:

    _zmq, _direct, _typing               libzmq's API and our C, compiled; stand-ins for typing
    constants, errors, arguments         numbers, exceptions, checks of what users pass
    options, curve, library              option descriptors, keys, what libzmq can do
    fds, waiting                         what calls into C need
    security                             options for open sockets, a warning about late ones
    message, handle, monitor             frames without a copy; sockets of C; events as tuples
    owner, inproc                        what a context and its sockets share
    transfer, socket                     one socket: its messages, its life, its monitor
    context, poll, proxy                 many sockets
    reactor, actor                       a loop of handlers, threads with a pipe
    capi, aio, proto                     zmq.h in Python, asyncio, typed messages
    cli                                  python -m zmqlite

Reactor and Actor need `typing` and other large modules, so they are imported on first use; see
_typing.
"""

from importlib import import_module as _import_module

try:
    from ._zmq import ffi as _ffi
    from ._zmq import lib as _lib
except ModuleNotFoundError as error:
    raise ImportError(
        f"zmqlite in {__path__[0]} has no compiled module; in a checkout: pip install -e ."
    ) from error

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
from .curve import curve_keypair, curve_public, z85_decode, z85_encode
from .errors import (
    ActorEnded,
    AddressInUse,
    Again,
    ContextTerminated,
    ForkedProcess,
    HostUnreachable,
    InvalidArgument,
    NotSupported,
    SecurityWarning,
    SocketBusy,
    SocketClosed,
    StateError,
    Timeout,
    ZMQError,
)
from .library import has, zmq_version
from .message import Message
from .monitor import SocketEvent
from .poll import Poller
from .proxy import proxy, proxy_steerable
from .security import FACING_STRANGERS
from .socket import Monitor, Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .actor import Actor, Pipe
    from .reactor import Reactor, Timer
del TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "DEALER",
    "DONTWAIT",
    "FACING_STRANGERS",
    "PAIR",
    "POLLERR",
    "POLLIN",
    "POLLOUT",
    "POLLPRI",
    "PUB",
    "PULL",
    "PUSH",
    "REP",
    "REQ",
    "ROUTER",
    "SNDMORE",
    "STREAM",
    "SUB",
    "XPUB",
    "XSUB",
    "Actor",
    "ActorEnded",
    "AddressInUse",
    "Again",
    "Context",
    "ContextTerminated",
    "Event",
    "Flag",
    "ForkedProcess",
    "GssapiNameType",
    "HostUnreachable",
    "InvalidArgument",
    "Mechanism",
    "Message",
    "Monitor",
    "MonitorEvent",
    "NotSupported",
    "Pipe",
    "Poller",
    "ProtocolError",
    "Reactor",
    "SecurityWarning",
    "Socket",
    "SocketBusy",
    "SocketClosed",
    "SocketEvent",
    "SocketType",
    "StateError",
    "Timeout",
    "Timer",
    "ZMQError",
    "__version__",
    "curve_keypair",
    "curve_public",
    "has",
    "proxy",
    "proxy_steerable",
    "z85_decode",
    "z85_encode",
    "zmq_version",
]

_built = _ffi.string(_lib.ZMQLITE_BUILD_VERSION).decode()
if _built != __version__:
    raise ImportError(
        f"zmqlite {__version__} found a compiled module of version {_built}: "
        "install zmqlite again (in a checkout: pip install -e .)"
    )

_LATER = {"Actor": "actor", "Pipe": "actor", "Reactor": "reactor", "Timer": "reactor"}

for _name in set(__all__) - set(_LATER):
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "."):
        globals()[_name].__module__ = __name__
del _name


def __getattr__(name: str) -> object:
    """Import Reactor, Actor and their parts on first use, and keep them as module attributes."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(_import_module(f".{_LATER[name]}", __name__), name)
    found.__module__ = __name__
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
