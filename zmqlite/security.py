"""What keeps strangers out: servers closed by default, mistakes found before they are silent.

The rules are those of the public Socket. zmqlite.capi does not use them, as a C program has none.
"""

from __future__ import annotations

import errno
import sys
import warnings
from types import MappingProxyType

from .constants import Mechanism
from .curve import key_mistake
from .errors import SecurityError, SecurityWarning, ZMQError
from .socket_options import SocketOptions
from .transfer import Transfer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

FACING_STRANGERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "maxmsgsize": 1 << 20,
        "rcvhwm": 100,
        "handshake_ivl": 5_000,
        # Not heartbeats, which make libzmq abort when a peer leaves while its queue is full.
        "tcp_keepalive": 1,
        "tcp_keepalive_idle": 10,
        "tcp_keepalive_intvl": 10,
        "tcp_keepalive_cnt": 3,
    }
)
"""Options for sockets that strangers can connect to: `Context.socket(type, **FACING_STRANGERS)`.

Frames have at most 1 MiB, and 100 messages of each peer wait to be received. A handshake takes at
most 5 s, and a machine that has not answered over tcp for 40 s is disconnected.
docs/howto/strangers.md says what that does not limit. Change a value with
`{**FACING_STRANGERS, "maxmsgsize": 4096}`.
"""

DOMAIN: Final = "global"
"""The `zap_domain` of a server that was given none."""

_PREFIXES: Final = ("curve_", "gssapi_", "plain_", "zap_")
"""How the names of the options begin that decide who may connect and who can read messages."""

_NO_HANDLER: Final = (
    "nothing decides who may connect, so every client would be refused; say it with "
    "zmqlite.auth.{name}_server(socket, ..., allow=...), or start a zmqlite.auth.Authenticator "
    "before; allow=zmqlite.auth.ANYONE lets everybody in"
)


def secure(socket: Transfer, call: str, endpoint: str, handled: bool, anyone: bool) -> bool:
    """Check the security options of a socket that is about to bind or connect, and close it.

    libzmq refuses all clients of a closed server while there is no ZAP handler. `handled` tells
    whether there is one, `anyone` that none is needed. Returns whether all peers of this endpoint
    will have been checked by a handler.

    Raises:
        SecurityError: the options cannot work.
    """
    try:
        mechanism, domain = socket.mechanism, socket.zap_domain
        server = is_server(socket, mechanism)
    except ZMQError:
        return False  # the socket cannot be used, and the call itself says so
    if mechanism is Mechanism.CURVE and (mistake := _mistake(socket, server)):
        raise SecurityError(errno.EPERM, mistake, call, endpoint)
    if not server and not (domain and mechanism is Mechanism.NULL):
        return False
    if anyone:
        return handled
    if not handled:
        error = SecurityError(errno.EPERM, "the context has no ZAP handler", call, endpoint)
        error.hint = _NO_HANDLER.format(name=mechanism.name.lower())
        raise error
    if not domain:  # libzmq would abort on what follows
        Transfer.set(socket, SocketOptions.zap_domain, DOMAIN)
    Transfer.set(socket, SocketOptions.zap_enforce_domain, True)
    return True


def is_server(socket: Transfer, mechanism: Mechanism) -> bool:
    """Whether a socket is the server of its CURVE or PLAIN connections."""
    if mechanism is Mechanism.CURVE:
        return socket.curve_server
    return mechanism is Mechanism.PLAIN and socket.plain_server


def _mistake(socket: Transfer, server: bool) -> str:
    keys = socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey
    return key_mistake(server, *keys)


def warn_if_late(option: str, endpoints: list[str]) -> None:
    """Warn if a security option was set on a socket with endpoints, as it does not act on these."""
    if endpoints and option.startswith(_PREFIXES):
        warnings.warn(
            f"{option} holds for later endpoints only, not for {endpoints[0]}: give it to "
            "Context.socket(), or set it before bind() and connect()",
            SecurityWarning,
            _level_of_program(),
        )


def _level_of_program() -> int:
    """Return the stacklevel with which a warning of the caller shows the line of the program."""
    level, frame = 1, sys._getframe(1)
    while frame.f_globals.get("__name__", "").startswith("zmqlite.") and frame.f_back:
        level, frame = level + 1, frame.f_back
    return level
