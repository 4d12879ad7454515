"""Contexts of zmqlite.pyzmq that close what tests leave open, and a limit for coroutines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from support import Task

import zmqlite.pyzmq as zmq
import zmqlite.pyzmq.asyncio as zmq_asyncio

T = TypeVar("T")

SECONDS = 20


def run(main: Awaitable[T]) -> T:
    """Run a coroutine in an event loop of its own, with a limit of time."""

    async def bounded() -> T:
        async with asyncio.timeout(SECONDS):
            return await main

    return asyncio.run(bounded())


class Keeping:
    """Keeps its sockets alive, so that none is dropped unclosed before the context ends."""

    kept: list[Any]

    def socket(self, *args: Any, **kwargs: Any) -> Any:
        socket = super().socket(*args, **kwargs)  # type: ignore[misc]  # of the other base class
        self.kept = [*getattr(self, "kept", []), socket]
        return socket


class KeepingContext(Keeping, zmq.Context[Any]):
    pass


class KeepingAsyncContext(Keeping, zmq_asyncio.Context):
    pass


@contextmanager
def keeping_context(kind: Any = KeepingContext) -> Iterator[Any]:
    """A context that is destroyed within a deadline."""
    context = kind()
    try:
        yield context
    finally:
        Task(context.destroy, 0).result()
