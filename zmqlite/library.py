"""What the libzmq in use is, and what it was built with."""

from __future__ import annotations

from ._zmq import ffi, lib
from .arguments import text

# zmq_has does not know these names, although every libzmq has the transports of the first set, and
# has epgm if it has pgm.
_ALWAYS = frozenset({"tcp", "inproc", "udp"})
_COVERED_BY = {"epgm": "pgm"}


def has(capability: str) -> bool:
    """Return whether libzmq was built with a transport, a mechanism or a feature.

    The name, in upper or lower case, is one of ipc, tipc, pgm, epgm, norm, vmci, ws, wss, curve,
    gssapi, draft. The result for tcp, inproc and udp is always True, for an unknown name False.

    C: zmq_has(3)
    """
    name = text(capability, "capability").decode().lower()
    name = _COVERED_BY.get(name, name)
    # zmq_has is case-sensitive, and its names are in lower case except for WS and WSS.
    spellings = (name.encode(), name.upper().encode())
    return name in _ALWAYS or any(lib.zmq_has(spelling) for spelling in spellings)


def zmq_version() -> tuple[int, int, int]:
    """Return the release of the libzmq in use: major, minor, patch.

    C: zmq_version(3)
    """
    major, minor, patch = (ffi.new("int *") for _ in range(3))
    lib.zmq_version(major, minor, patch)
    return major[0], minor[0], patch[0]
