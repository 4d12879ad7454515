"""What the events of a watched socket say about its peers: how many there are, and who they are.

libzmq's events do not say which connection a handshake belongs to: ACCEPTED, CONNECTED and
DISCONNECTED carry the descriptor of the connection, the events of handshakes do not. So a finished
handshake is taken for that of the oldest open connection of the endpoint. Where that was wrong,
because an older connection is stuck, the failure of the older one corrects it. The number of peers
is right in either case.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import namedtuple

from .constants import MonitorEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, NamedTuple, TypeAlias

    from .transfer import Transfer

    Raw: TypeAlias = tuple[int, int, bytes, str]
    """Event, value, endpoint, and the peer of a connection that was opened."""

    class _Counters(NamedTuple):
        name: str
        complete: bool
        peers: int
        connections: int
        failures: int
        reconnects: int
        dropped: int

else:
    _Counters = namedtuple(
        "_Counters",
        ("name", "complete", "peers", "connections", "failures", "reconnects", "dropped"),
    )

_ACCEPTED: Final = MonitorEvent.ACCEPTED.value
_CONNECTED: Final = MonitorEvent.CONNECTED.value
_DISCONNECTED: Final = MonitorEvent.DISCONNECTED.value
_LISTENING: Final = MonitorEvent.LISTENING.value
_RETRIED: Final = MonitorEvent.CONNECT_RETRIED.value
_SUCCEEDED: Final = MonitorEvent.HANDSHAKE_SUCCEEDED.value
_DENIED: Final = MonitorEvent.HANDSHAKE_FAILED_AUTH.value

OPENED: Final = _ACCEPTED | _CONNECTED

FAILED: Final = int(
    MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL | MonitorEvent.HANDSHAKE_FAILED_PROTOCOL
)
"""The failures after which libzmq disconnects at once."""


class Statistics(_Counters):
    """Counters of one socket, as `Socket.statistics` returns them.

    `name` is what the socket is called in events. `peers` is how many are connected now, their
    handshakes finished; `connections` how many there were, with these; `failures` the handshakes
    that failed; `reconnects` the attempts to connect again that were scheduled; `dropped` the
    events that found the queue of a subscriber of this socket full. All count from the moment when
    the socket was first watched; `complete` says that this was before its first bind and connect.
    inproc and udp have no events and are not counted.
    """

    __slots__ = ()


class Connection:
    """One open connection."""

    __slots__ = ("failed", "finished", "peer")

    def __init__(self, peer: str) -> None:
        self.peer: str = peer
        self.failed: bool = False  # an event has said why
        self.finished: bool = False  # its handshake, as far as is known


class Record:
    """One watched socket, as the hub knows it. The lock of the owner protects it."""

    def __init__(self, name: str, kind: str, receiver: Transfer, complete: bool) -> None:
        self.name: str = name
        self.receiver: Transfer = receiver  # of libzmq's events
        self.complete: bool = complete
        self.stopped: bool = False  # the socket was closed
        self.mechanism: str = ""  # as it was at the last bind or connect
        self.server: bool = False  # likewise: whether it is the server of PLAIN or CURVE
        self.connections: int = 0
        self.failures: int = 0
        self.reconnects: int = 0
        self._raw = kind == "STREAM"  # there are no handshakes
        self._listening: set[bytes] = set()
        self._open: dict[bytes, dict[int, Connection]] = {}  # by endpoint and descriptor

    @property
    def peers(self) -> int:
        """How many peers are connected, their handshakes finished."""
        return sum(each.finished for ends in self._open.values() for each in ends.values())

    def statistics(self, dropped: int) -> Statistics:
        """Return the counters as they are now."""
        return Statistics(
            self.name,
            self.complete,
            self.peers,
            self.connections,
            self.failures,
            self.reconnects,
            dropped,
        )

    def forget(self, endpoint: bytes) -> None:
        """Drop the connections of an endpoint that was unbound or disconnected, without events."""
        self._open.pop(endpoint, None)

    def apply(self, batch: list[Raw], index: int) -> tuple[str, str]:
        """Count one event of a batch.

        Returns the address of the peer it is about and what else tells its cause, each "" if
        nothing is known.
        """
        kind, value, endpoint, peer = batch[index]
        ends = self._open.setdefault(endpoint, {}) if kind & OPENED else self._open.get(endpoint)
        ends = {} if ends is None else ends
        if kind & OPENED:
            ends[value] = Connection(peer)
            if self._raw:
                self._finish(ends)
        elif kind == _SUCCEEDED:
            return self._finish(ends), ""
        elif kind & (FAILED | _DENIED):
            self.failures += 1
            return self._failed(batch, index, ends), ""
        elif kind == _DISCONNECTED and value in ends:
            gone = ends.pop(value)
            return gone.peer, "" if gone.finished or gone.failed else "unfinished"
        elif kind == _RETRIED:
            self.reconnects += 1
        elif kind == _LISTENING:
            self._listening.add(endpoint)
        return peer, ""

    def described(self, endpoint: bytes, peer: str = "", note: str = "") -> bytes:
        """Return the frame of an event that say what libzmq's event does not say."""
        side = "bound" if endpoint in self._listening else "connected" if endpoint else ""
        role = "server" if self.server else ""
        return "\0".join((peer, self.name, self.mechanism, role, side, note)).encode()

    def _finish(self, ends: dict[int, Connection]) -> str:
        self.connections += 1
        for each in ends.values():
            if not (each.finished or each.failed):
                each.finished = True
                return each.peer
        return ""

    def _failed(self, batch: list[Raw], index: int, ends: dict[int, Connection]) -> str:
        """Find the connection whose handshake failed: most are disconnected by the next event."""
        following = batch[index + 1] if index + 1 < len(batch) else (0, 0, b"", "")
        if following[0] == _DISCONNECTED and following[2] == batch[index][2]:
            failed = ends.get(following[1])
            if failed is None:
                return ""
            failed.failed = True
            if failed.finished:  # the handshake that finished was another one's
                failed.finished = False
                self.connections -= 1
                self._finish({fd: each for fd, each in ends.items() if each is not failed})
            return failed.peer
        if batch[index][0] != _DENIED:
            return ""
        waiting = [each for each in ends.values() if not (each.finished or each.failed)]
        if len(waiting) != 1:
            return ""
        waiting[0].failed = True
        return waiting[0].peer


def peer_of(descriptor: int, endpoint: bytes) -> str:
    """Return the address at the other end of a connection, "" if it is closed by now.

    That is `address:port` for tcp and `pid N` for ipc. The descriptor is libzmq's, and may have
    been closed and used again: an address counts only if one of the ports is that of the endpoint.
    """
    try:
        duplicate = os.dup(descriptor)  # since closing libzmq's own would abort the process
    except OSError:
        return ""
    try:
        connection = socket.socket(fileno=duplicate)
    except OSError:  # it is something else by now
        os.close(duplicate)
        return ""
    with connection:
        return _address(connection, endpoint)


def _address(connection: socket.socket, endpoint: bytes) -> str:
    try:
        if connection.family == socket.AF_UNIX:
            size = struct.calcsize("3i")
            raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            return f"pid {struct.unpack('3i', raw)[0]}"
        here, there = connection.getsockname(), connection.getpeername()
    except OSError:
        return ""
    if endpoint.rpartition(b":")[2] not in (b"%d" % here[1], b"%d" % there[1]):
        return ""
    host = f"[{there[0]}]" if ":" in there[0] else there[0]
    return f"{host}:{there[1]}"
