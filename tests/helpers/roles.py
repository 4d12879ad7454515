"""What two programs say to each other, whatever their sockets: requests and replies, or a stream.

A role is played in steps, so that one description serves blocking sockets and coroutines. This
module imports no zmqlite, for programs without it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeAlias

Frames: TypeAlias = list[bytes]

ROLES = {"echo": "REP", "ask": "REQ", "push": "PUSH", "pull": "PULL"}
"""Each role, and the type of its socket."""


def steps(role: str, count: int) -> Generator[Frames | None, Frames | None, int]:
    """Yield a message to send, or None to receive one; return how many received ones were right."""
    right = 0
    for number in range(count):
        expected = [b"%d" % number, b"", bytes(number)]
        if role in ("ask", "push"):
            yield expected
        if role != "push":
            right += (yield None) == expected
        if role == "echo":
            yield expected
    return right


def play(
    role: str, count: int, send: Callable[[Frames], object], recv: Callable[[], Frames]
) -> int:
    """Play a role with calls that block."""
    playing, got = steps(role, count), None
    while True:
        try:
            message = playing.send(got)
        except StopIteration as end:
            return int(end.value)
        got = recv() if message is None else None
        if message is not None:
            send(message)


async def play_awaited(
    role: str,
    count: int,
    send: Callable[[Frames], Awaitable[Any]],
    recv: Callable[[], Awaitable[Frames]],
) -> int:
    """Play a role with calls that are awaited."""
    playing, got = steps(role, count), None
    while True:
        try:
            message = playing.send(got)
        except StopIteration as end:
            return int(end.value)
        got = await recv() if message is None else None
        if message is not None:
            await send(message)
