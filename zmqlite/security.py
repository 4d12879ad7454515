"""Options for sockets that strangers can connect to, and a warning about options set too late."""

from __future__ import annotations

import sys
import warnings
from types import MappingProxyType

from .errors import SecurityWarning

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
most 5 s, and a machine that has not answered over tcp for 40 s is disconnected. docs/strangers.md
says what that does not limit. Change a value with `{**FACING_STRANGERS, "maxmsgsize": 4096}`.
"""

_PREFIXES: Final = ("curve_", "gssapi_", "plain_", "zap_")
"""How the names of the options begin that decide who may connect and who can read messages."""


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
