"""What happens to a socket's connections, as events to be awaited."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..constants import MonitorEvent
from ..errors import ContextTerminated, SocketClosed
from ..monitor import SocketEvent, decode

if TYPE_CHECKING:
    from .socket import Socket


class Monitor:
    """The events of one socket, in order; made by `zmqlite.aio.Socket.monitor`.

    `socket` is the socket the events arrive on. The monitored socket may be closed first: then
    the iteration ends.
    """

    __slots__ = ("__weakref__", "_stopped", "socket")

    def __init__(self, socket: Socket) -> None:
        self.socket: Socket = socket
        self._stopped = False

    async def recv(self) -> SocketEvent:
        """Wait for the next event.

        Raises:
            SocketClosed: the monitor was closed.
            ContextTerminated: the context was terminated while waiting.
        """
        while len(frames := await self.socket.recv_multipart()) != 2:
            pass  # half an event: libzmq lost the rest when a signal came as it sent it
        return decode(frames)

    def __aiter__(self) -> Self:
        """Yield events until the monitored socket, the monitor or the context is closed."""
        return self

    async def __anext__(self) -> SocketEvent:
        if self._stopped:
            raise StopAsyncIteration
        try:
            event = await self.recv()
        except (ContextTerminated, SocketClosed):
            raise StopAsyncIteration from None
        if event.event == MonitorEvent.MONITOR_STOPPED:
            self._stopped = True
            raise StopAsyncIteration
        return event

    def close(self) -> None:
        """Stop monitoring and drop the events that were not read. Doing it again does nothing."""
        self.socket.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
