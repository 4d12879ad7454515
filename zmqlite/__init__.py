"""ZeroMQ for Python: a thin binding of libzmq. Use it as `import zmqlite as zmq`.

The modules, in layers. Each imports only from the lines above it, for type checkers as well:

    _zmq, _direct, _typing               libzmq's API and our C, compiled; stand-ins for typing
    constants, hints, errors             numbers, exceptions and their texts
    advice                               the right name for a wrong one
    waiting, fds                         what calls into C need
    arguments, library                   checks of what users pass, what libzmq can do
    option, options, curve               option descriptors, keys
    keywords                             options as arguments, for type checkers
    security                             servers closed by default, mistakes with security options
    message, handle                      frames without a copy; sockets of C
    monitor, events                      events of connections as tuples, and in words
    owner, inproc                        what a context and its sockets share
    peers, subscribers, hub              who is connected; the thread that reads all events
    log                                  the same events as lines of `logging`
    transfer, watching, socket           one socket: its messages, its peers, its life, its monitor
    context, poll, proxy                 many sockets
    reactor, actor                       a loop of handlers, threads with a pipe
    capi, aio, proto, auth               zmq.h in Python, asyncio, typed messages, who may connect
    rpc                                  typed services, on proto and aio
    _cli                                 the command zmqlite, and python -m zmqlite

Reactor and Actor need `typing` and other large modules, so they are imported on first use; see
_typing. The hub is imported when something watches a socket.
"""

from importlib import import_module as _import_module

try:
    from ._zmq import ffi as _ffi
    from ._zmq import lib as _lib
except ModuleNotFoundError as _missing:
    raise ImportError(
        f"zmqlite in {__path__[0]} has no compiled module; in a checkout: pip install -e ."
    ) from _missing
except ImportError as _missing:
    raise ImportError(
        f"the compiled module of zmqlite does not load: {_missing}. If it is the system's libzmq "
        "that is missing, install that again (Debian: apt install libzmq5), otherwise zmqlite "
        "itself: pip install --force-reinstall zmqlite; in a checkout: pip install -e ."
    ) from _missing

from .advice import meant as _meant
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
    SecurityError,
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
from .socket_options import ALL_SOCKET_OPTIONS as _ALL_SOCKET_OPTIONS

# Not False, or the completion of editors (jedi) would skip what follows.
TYPE_CHECKING = bool()  # noqa: UP018
if TYPE_CHECKING:
    from .actor import Actor, Pipe
    from .peers import Statistics
    from .reactor import Reactor, Timer

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
    "SecurityError",
    "SecurityWarning",
    "Socket",
    "SocketBusy",
    "SocketClosed",
    "SocketEvent",
    "SocketType",
    "StateError",
    "Statistics",
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

_LATER = {
    "Actor": "actor",
    "Pipe": "actor",
    "Reactor": "reactor",
    "Statistics": "peers",
    "Timer": "reactor",
}

for _name in set(__all__) - set(_LATER):
    if getattr(globals()[_name], "__module__", "").startswith(__name__ + "."):
        globals()[_name].__module__ = __name__
del _name


if not TYPE_CHECKING:  # or type checkers would take any name

    def __getattr__(name: str) -> object:
        """Import Reactor, Actor and what belongs to them when they are first used."""
        if name not in _LATER:
            known = [*__all__, *_ALL_SOCKET_OPTIONS]
            text = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(text + _meant(name, known, "module"), name=name)
        found = getattr(_import_module(f".{_LATER[name]}", __name__), name)
        found.__module__ = __name__
        globals()[name] = found
        return found


del TYPE_CHECKING


def __dir__() -> list[str]:
    """List the public names, without the modules that define them."""
    packages = {"aio", "auth", "capi", "proto"} & set(globals())
    return sorted({*__all__, *packages, *(name for name in globals() if name.startswith("__"))})
