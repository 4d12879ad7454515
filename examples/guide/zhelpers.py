"""What programs of several chapters share: time, names, and messages to look at."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

import zmqlite as zmq


def clock() -> int:
    """Return milliseconds of a clock that only goes forward, to measure with."""
    return time.monotonic_ns() // 1_000_000


def console(text: str) -> None:
    """Print a line that begins with date and time."""
    print(time.strftime("%y-%m-%d %H:%M:%S"), text)


def shown(frame: bytes) -> str:
    """Return bytes as text if all of them can be printed, else as hexadecimal digits."""
    if all(32 <= byte <= 126 for byte in frame):
        return frame.decode()
    return frame.hex().upper()


def dump(frames: Iterable[bytes]) -> None:
    """Print the size and content of each frame of a message, all at once."""
    lines = (f"[{len(frame):03}] {shown(frame)}" for frame in frames)
    print("\n".join(["-" * 40, *lines]))


def set_id(socket: zmq.Socket) -> None:
    """Give a socket that is not connected yet a random routing id that can be read."""
    socket.routing_id = b"%04X-%04X" % (random.randrange(0x10000), random.randrange(0x10000))
