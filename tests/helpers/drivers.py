"""Both drivers of typed sockets for one test: the blocking one is awaited, too.

A coroutine test that takes `driver` runs with blocking sockets, and with asyncio's on each loop.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from loops import LOOPS, SLOWER, driving, pytest_pycollect_makeitem, pytest_pyfunc_call
from support import DEADLINE

import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto.aio import TypedSocket as AwaitedTypedSocket

__all__ = ["Driver", "drive", "driver", "pytest_pycollect_makeitem", "pytest_pyfunc_call"]

_WAIT = int(DEADLINE * 1000)
_WAITING = {
    f"{verb}{form}"
    for verb in ("recv", "send")
    for form in ("", "_multipart", "_envelope", "_many")
}
_numbers = itertools.count(1)


class Awaited:
    """A blocking socket, plain or typed, whose calls that wait are awaited."""

    def __init__(self, blocking: Any) -> None:
        self.blocking = blocking

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.blocking, name)
        if name not in _WAITING:
            return found

        async def call(*arguments: Any, **options: Any) -> Any:
            return found(*arguments, **options)

        return call

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(iter(self.blocking))
        except StopIteration:
            raise StopAsyncIteration from None


class Driver:
    """One of both."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_blocking = name not in LOOPS

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Any]:
        if self.is_blocking:
            with zmq.Context(linger=0) as context:
                yield context
        else:
            async with aio.Context(linger=0) as awaited:
                yield awaited

    def socket(self, context: Any, kind: zmq.SocketType, **options: Any) -> Any:
        if self.is_blocking:
            return Awaited(context.socket(kind, rcvtimeo=_WAIT, sndtimeo=_WAIT, **options))
        return context.socket(kind, **options)

    @asynccontextmanager
    async def pair(
        self, binder: zmq.SocketType, connecter: zmq.SocketType, **options: Any
    ) -> AsyncIterator[tuple[Any, Any]]:
        """Two plain sockets of one context that know each other; the first one binds."""
        async with self.context() as context:
            first, second = (self.socket(context, kind, **options) for kind in (binder, connecter))
            second.connect(first.bind(f"inproc://driver-{next(_numbers)}"))
            yield first, second
            if not self.is_blocking:
                first.close()
                second.close()

    def typed(self, socket: Any, *codecs: Any, **options: Any) -> Any:
        """A typed socket on a plain one of this driver."""
        if self.is_blocking:
            return Awaited(proto.TypedSocket(socket.blocking, *codecs, **options))
        return AwaitedTypedSocket(socket, *codecs, **options)


@pytest.fixture(params=["blocking", "asyncio", *SLOWER])
def driver(request: pytest.FixtureRequest) -> Driver:
    return Driver(request.param)


@pytest.fixture
def drive(driver: Driver) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return driving("asyncio" if driver.is_blocking else driver.name)
