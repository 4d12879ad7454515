"""Events of a monitor socket as dicts. C: zmq_socket_monitor(3)"""

from __future__ import annotations

import struct
from inspect import isawaitable
from typing import TypedDict, overload

from ..constants import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any

    from ..asyncio import Socket as AsyncSocket
    from ..socket import Socket

__all__ = ["parse_monitor_message", "recv_monitor_message"]


class MonitorMessage(TypedDict):
    """An event, its value (a descriptor, an errno, a delay in ms ...) and where it happened."""

    event: Event
    value: int
    endpoint: bytes


def parse_monitor_message(msg: list[bytes]) -> MonitorMessage:
    """Return the event of the two frames of a monitor's message; RuntimeError for others."""
    if len(msg) != 2 or len(msg[0]) != 6:
        raise RuntimeError(f"Invalid event message format: {msg}")
    event, value = struct.unpack("=hi", msg[0])
    return {"event": Event(event & 0xFFFF), "value": value, "endpoint": msg[1]}


@overload
def recv_monitor_message(socket: AsyncSocket, flags: int = 0) -> Awaitable[MonitorMessage]: ...  # type: ignore[overload-overlap]
@overload
def recv_monitor_message(socket: Socket[bytes], flags: int = 0) -> MonitorMessage: ...
def recv_monitor_message(
    socket: Socket[Any], flags: int = 0
) -> MonitorMessage | Awaitable[MonitorMessage]:
    """Receive one event of a monitor socket; of an asyncio socket it is awaited."""
    received: Any = socket.recv_multipart(flags)
    return _later(received) if isawaitable(received) else parse_monitor_message(received)


async def _later(received: Awaitable[list[bytes]]) -> MonitorMessage:
    return parse_monitor_message(await received)
