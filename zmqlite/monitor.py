"""The events of a socket's connections as typed tuples, decoded from libzmq's two frames."""

from __future__ import annotations

import sys
from collections import namedtuple
from importlib import import_module

from .constants import MonitorEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    class _Fields(NamedTuple):
        event: MonitorEvent
        value: int
        endpoint: str

else:
    _Fields = namedtuple("_Fields", ("event", "value", "endpoint"))


class SocketEvent(_Fields):
    """One event: what happened, a number that belongs to it, and the endpoint.

    `str(event)` is a sentence, and `cause` the likely cause of a failure.

    `value` is a file descriptor (which may be closed by now), an errno, an interval in
    milliseconds, a ProtocolError or a ZAP status, as MonitorEvent says. `endpoint` is the local one
    of a bound socket and the remote one of a connected one; it can be empty.

    These are no part of the tuple, and empty where they are not known. `peer` is the address of the
    other end: `address:port` for tcp, `pid N` for ipc. `socket` is the name of the socket, such as
    `PUB-3`, `mechanism` the security mechanism that it had at its last bind or connect, `role`
    "server" if it is the server of that mechanism, and `side` "bound" or "connected".

    C: zmq_socket_monitor(3)
    """

    peer = ""
    socket = ""
    mechanism = ""
    role = ""
    side = ""
    _note = ""  # what else tells the cause

    @property
    def cause(self) -> str:
        """The likely cause of a failure, and what to look at; empty for all other events."""
        text: str = _texts().cause(self)
        return text

    def __str__(self) -> str:
        """Say what happened to which socket, where, with whom and why."""
        text: str = _texts().sentence(self)
        return text


def _texts() -> Any:
    """Import the texts on first use: most programs show no events."""
    return import_module(".events", __package__)


def decode(frames: list[bytes]) -> SocketEvent:
    """Turn the frames of an event into a SocketEvent: libzmq's two, and those of the hub."""
    head, endpoint, *texts = frames
    number = int.from_bytes(head[:2], sys.byteorder)
    value = int.from_bytes(head[2:], sys.byteorder)
    event = SocketEvent(MonitorEvent(number), value, endpoint.decode(errors="surrogateescape"))
    if texts:
        known = texts[0].decode().split("\0")
        event.peer, event.socket, event.mechanism, event.role, event.side, event._note = known
    return event
