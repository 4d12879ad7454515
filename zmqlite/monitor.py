"""The events of a socket's connections as typed tuples, decoded from libzmq's two frames."""

from __future__ import annotations

import sys
from collections import namedtuple

from .constants import MonitorEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple

    class _Fields(NamedTuple):
        event: MonitorEvent
        value: int
        endpoint: str

else:
    _Fields = namedtuple("_Fields", ("event", "value", "endpoint"))


class SocketEvent(_Fields):
    """One event: what happened, a number that belongs to it, and the endpoint.

    `value` is a file descriptor (which may be closed by now), an errno, an interval in
    milliseconds, a ProtocolError or a ZAP status, as MonitorEvent says. `endpoint` is the local one
    of a bound socket and the remote one of a connected one; it can be empty.

    C: zmq_socket_monitor(3)
    """

    __slots__ = ()


def decode(frames: list[bytes]) -> SocketEvent:
    """Turn the two frames of an event into a SocketEvent."""
    head, endpoint = frames
    event = int.from_bytes(head[:2], sys.byteorder)
    value = int.from_bytes(head[2:], sys.byteorder)
    return SocketEvent(MonitorEvent(event), value, endpoint.decode(errors="surrogateescape"))
