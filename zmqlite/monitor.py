"""What happens to a socket's connections, as typed events.

libzmq sends the events of a monitored socket to an inproc PAIR socket, and blocks its I/O thread,
and with it all traffic of the context, when nobody takes them. So the receiving end that
`Socket.monitor` makes has no high-water mark: events that are not read use memory, and harm nothing
else. Closing that end tells libzmq first to stop.
"""

from __future__ import annotations

import sys
from collections import namedtuple
from types import TracebackType

from .constants import MonitorEvent
from .errors import ContextTerminated, SocketClosed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NamedTuple

    from .socket import Socket

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


class Monitor:
    """The events of one socket, in order; made by `Socket.monitor`.

    It may be read by another thread than the one that uses the monitored socket, one thread at a
    time. `socket` is the socket the events arrive on, to be registered with a Poller. The monitored
    socket may be closed first: then the iteration ends.
    """

    __slots__ = ("__weakref__", "socket")

    def __init__(self, socket: Socket) -> None:
        self.socket: Socket = socket

    def recv(self, flags: int = 0, timeout: int | None = None) -> SocketEvent:
        """Wait for the next event, `timeout` milliseconds or for ever.

        Raises:
            Again: nothing happened in time.
            SocketClosed: the monitor was closed.
            ContextTerminated: the context was terminated while waiting.
        """
        while len(frames := self.socket.recv_multipart(flags, timeout=timeout)) != 2:
            pass  # half an event: libzmq lost the rest when a signal came as it sent it
        return decode(frames)

    def __iter__(self) -> Iterator[SocketEvent]:
        """Yield events until the monitored socket, the monitor or the context is closed."""
        while True:
            try:
                event = self.recv()
            except (ContextTerminated, SocketClosed):
                return
            if event.event == MonitorEvent.MONITOR_STOPPED:
                return
            yield event

    def close(self) -> None:
        """Stop monitoring and drop the events that were not read. Doing it again does nothing."""
        self.socket.close()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
