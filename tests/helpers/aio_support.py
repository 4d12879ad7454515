"""What the tests of zmqlite.aio share: connected sockets, and the type of the fixture `drive`."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Protocol

from support import T

import zmqlite as zmq
from zmqlite import aio

_numbers = itertools.count(1)


class Drive(Protocol):
    """The fixture `drive`."""

    def __call__(self, main: Coroutine[Any, Any, T]) -> T: ...


@asynccontextmanager
async def pair(
    binder: zmq.SocketType, connecter: zmq.SocketType, transport: str = "inproc", **options: Any
) -> AsyncIterator[tuple[aio.Socket, aio.Socket]]:
    """Two sockets of one context; the first one binds."""
    address = "127.0.0.1:*" if transport == "tcp" else f"aio-{next(_numbers)}"
    async with (
        aio.Context(linger=0) as context,
        context.socket(binder, **options) as first,
        context.socket(connecter, **options) as second,
    ):
        second.connect(first.bind(f"{transport}://{address}"))
        yield first, second


async def turns(count: int = 5) -> None:
    """Let all others run until they wait."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; `drive` has the deadline."""
    while not condition():
        await asyncio.sleep(0.001)


def waiting(socket: aio.Socket) -> int:
    """How many coroutines wait for a socket to receive or to send."""
    return len({waiter for queue in socket._watch._queues.values() for waiter in queue})
