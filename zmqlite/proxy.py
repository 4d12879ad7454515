"""Moving messages between two sockets, both ways, until the context ends or somebody says stop.

The loop is ours, around `zl_forward` in native/poll.c, because libzmq's own loses or tears a
message when a signal comes while it waits for room. So a steerable proxy does the same with every
libzmq, whose own differ: that of 4.3.4 answers no command but STATISTICS and aborts on an unknown
one, that of 4.3.5 answers each and does not pause.
"""

from __future__ import annotations

import errno
import sys

from ._zmq import ffi, lib
from .constants import POLLIN, POLLOUT, Event
from .errors import ContextTerminated, NotSupported, failure
from .poll import Poller
from .socket import Socket
from .waiting import until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeAlias

    from ._zmq import CData

    _Awaited: TypeAlias = tuple[tuple[Socket, Event], ...]

BURST: Final = 1000
"""Messages moved in one direction before the other one gets its turn."""


class _Direction:
    """One way through the proxy: what to wait for, and what went through."""

    def __init__(self, source: Socket, target: Socket, capture: Socket | None) -> None:
        self.source = source
        self.target = target
        self.capture: CData = ffi.NULL if capture is None else capture._pointer
        self.full = False  # the target has no room for a message that waits in the source
        self.traffic = ffi.new("zl_traffic *")

    @property
    def awaited(self) -> tuple[Socket, Event]:
        """What this direction waits for: a message, or room for the one it has."""
        return (self.target, POLLOUT) if self.full else (self.source, POLLIN)

    def move(self) -> None:
        """Move what is there; where the target said it had room and has none, wait for it.

        Some types say so always. Waiting holds up the other direction, as in libzmq's proxy.
        """
        self.source._handle.settle()
        code = until(
            lambda _: lib.zl_forward(
                self.source._pointer,
                self.target._pointer,
                self.capture,
                BURST,
                self.full,
                self.traffic,
            ),
            0,
        )
        if code < 0 and code != -errno.EAGAIN:
            raise failure(-code, "zmq_proxy", self.target._type_name)
        self.full = code == -errno.EAGAIN


class _Control:
    """The commands of a steerable proxy, and its answers."""

    def __init__(self, socket: Socket, directions: list[_Direction]) -> None:
        self.socket = socket
        self.directions = directions
        self.paused = False
        self.ended = False

    def obey(self) -> None:
        """Take one command. An unknown one does nothing; REP has to be answered in any case."""
        command = self.socket.recv_multipart()
        if command == [b"STATISTICS"]:
            try:
                self.socket.send_multipart(self.statistics())
            except NotSupported:  # PULL and SUB cannot answer
                pass
            return
        if command == [b"PAUSE"]:
            self.paused = True
        elif command == [b"RESUME"]:
            self.paused = False
        elif command == [b"TERMINATE"]:
            self.ended = True
        if self.socket._type_name == "REP":
            self.socket.send(b"")

    def statistics(self) -> list[bytes]:
        """Messages and bytes received and sent, first of the frontend, then of the backend."""
        there, back = self.directions[0].traffic, self.directions[-1].traffic
        if len(self.directions) == 1:
            back = ffi.new("zl_traffic *")
        counts = [there, back, back, there]
        return [
            n.to_bytes(8, sys.byteorder) for each in counts for n in (each.messages, each.bytes)
        ]


def proxy(frontend: Socket, backend: Socket, capture: Socket | None = None) -> None:
    """Move whole messages between two sockets, both ways, until their context is terminated.

    With `capture` (PUB, DEALER, PUSH or PAIR) a copy of every message goes there first. The same
    socket may be given as frontend and backend. While it runs, the sockets belong to it. A message
    that is under way when Ctrl-C ends it stays with the socket it came from.

    Raises:
        HostUnreachable: a ROUTER with `router_mandatory` knows no such peer; that message is gone.
        SocketBusy, SocketClosed: as from any call.

    C: zmq_proxy(3)
    """
    proxy_steerable(frontend, backend, capture)


def proxy_steerable(
    frontend: Socket,
    backend: Socket,
    capture: Socket | None = None,
    control: Socket | None = None,
) -> None:
    """As `proxy`, until `control` receives TERMINATE.

    `control` is PAIR, PULL, SUB or REP. PAUSE stops taking messages, RESUME goes on. PAIR and REP
    answer STATISTICS with eight frames: messages received, bytes received, messages sent, bytes
    sent by the frontend, then by the backend, each a uint64 in native order. REP answers everything
    else with an empty frame. This is the same with every libzmq.

    C: zmq_proxy_steerable(3)
    """
    directions = [_Direction(frontend, backend, capture)]
    if backend is not frontend:
        directions.append(_Direction(backend, frontend, capture))
    steering = None if control is None else _Control(control, directions)
    pollers: dict[_Awaited, Poller] = {}
    try:
        while True:
            if steering is not None and steering.ended:
                break
            _turn(directions, steering, pollers)
    except ContextTerminated:
        pass


def _turn(
    directions: list[_Direction], steering: _Control | None, pollers: dict[_Awaited, Poller]
) -> None:
    """Wait for something to do, and do it."""
    active = [] if steering is not None and steering.paused else directions
    awaited = tuple(direction.awaited for direction in active)
    poller = pollers.get(awaited)
    if poller is None:
        control = [] if steering is None else [(steering.socket, POLLIN)]
        poller = pollers[awaited] = _poller((*awaited, *control))
    ready = dict(poller.poll())
    for direction, (socket, event) in zip(active, awaited, strict=True):
        if ready.get(socket, 0) & event:
            direction.move()
    if steering is not None and steering.socket in ready:
        steering.obey()


def _poller(awaited: _Awaited) -> Poller:
    wanted: dict[Socket, int] = {}
    for socket, event in awaited:
        wanted[socket] = wanted.get(socket, 0) | event
    poller = Poller()
    for socket, events in wanted.items():
        poller.register(socket, events)
    return poller
