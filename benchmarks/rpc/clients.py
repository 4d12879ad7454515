"""The loops that are measured. Each returns one number for a time of measuring."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc
import grpc.aio

import zmqlite as zmq
from zmqlite import aio, proto, rpc
from zmqlite.rpc.aio import Client as AsyncClient

from .service import METADATA, SERVICE, TIMEOUT, Note

WARM: Final = 50
AT_ONCE: Final = 64
MEBIBYTE: Final = bytes(2**20)
ENTRIES: Final = tuple(METADATA.items())
UNLIMITED: Final = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]

Unary = Callable[[Any], Any]
Note_ = Note(text="a note", number=7)


@contextmanager
def blocking(kind: str, endpoint: str) -> Iterator[tuple[Unary, Unary, Unary]]:
    """Calls of Echo, Count, and Echo with a MiB, of a blocking client."""
    if kind == "grpcio":
        with grpc.insecure_channel(endpoint, options=UNLIMITED) as channel:
            codec = {
                "request_serializer": Note.SerializeToString,
                "response_deserializer": Note.FromString,
            }
            echo = channel.unary_unary("/benchmarks.Echo/Echo", **codec)
            count = channel.unary_stream("/benchmarks.Echo/Count", **codec)
            given: dict[str, Any] = {"timeout": TIMEOUT / 1000, "metadata": ENTRIES}
            yield (
                lambda note: echo(note, **given),
                lambda note: count(note, **given),
                lambda data: echo(Note(data=data), **given),
            )
        return
    with zmq.Context() as context:
        if kind == "typed REQ/REP":
            socket = context.socket(zmq.REQ)
            socket.connect(endpoint)
            typed: proto.TypedSocket[Any, Any] = proto.TypedSocket(socket, Note)

            def ask(note: Any) -> Any:
                typed.send(note)
                return typed.recv()

            yield ask, ask, ask
            return
        with rpc.Client(context, endpoint) as client:
            stub, options = client.stub(SERVICE), {"timeout": TIMEOUT, "metadata": METADATA}
            yield (
                lambda note: stub.echo(note, **options),
                lambda note: stub.count(note, **options),
                lambda data: stub.echo(Note(), attachments=[data], **options),
            )


def p50(call: Unary, seconds: float) -> float:
    """Microseconds of a round trip."""
    for _ in range(WARM):
        call(Note_)
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        call(Note_)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


def rate(call: Unary, seconds: float) -> float:
    """Calls, or items if the calls are streams, in a second."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() < start + seconds:
        count += 1 if call(MEBIBYTE) else 0
    return count / (time.perf_counter() - start)


def items(call: Unary, seconds: float) -> float:
    """Items of streams in a second."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() < start + seconds:
        count += sum(1 for _ in call(Note(number=5000)))
    return count / (time.perf_counter() - start)


Loop = Callable[[Any, Any, float], Awaitable[float]]


async def with_client(kind: str, endpoint: str, loop: Loop, seconds: float) -> float:
    """Measure a loop with the Echo and the Count of a client of asyncio."""
    if kind == "grpc.aio":
        async with grpc.aio.insecure_channel(endpoint) as channel:
            codec = {
                "request_serializer": Note.SerializeToString,
                "response_deserializer": Note.FromString,
            }
            echo = channel.unary_unary("/benchmarks.Echo/Echo", **codec)
            count = channel.unary_stream("/benchmarks.Echo/Count", **codec)
            given: dict[str, Any] = {"timeout": TIMEOUT / 1000, "metadata": ENTRIES}
            return await loop(
                lambda note: echo(note, **given), lambda note: count(note, **given), seconds
            )
    async with aio.Context() as context, AsyncClient(context, endpoint) as client:
        stub, options = client.stub(SERVICE), {"timeout": TIMEOUT, "metadata": METADATA}
        return await loop(
            lambda note: stub.echo(note, **options),
            lambda note: stub.count(note, **options),
            seconds,
        )


async def async_p50(echo: Any, count: Any, seconds: float) -> float:
    for _ in range(WARM):
        await echo(Note_)
    times = []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        await echo(Note_)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e6


async def async_rate(echo: Any, count: Any, seconds: float) -> float:
    """Calls in a second, 64 under way."""
    done = 0
    start = time.perf_counter()

    async def calls() -> None:
        nonlocal done
        while time.perf_counter() < start + seconds:
            await echo(Note_)
            done += 1

    await echo(Note_)
    done, start = 0, time.perf_counter()
    await asyncio.gather(*(calls() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - start)


async def async_items(echo: Any, count: Any, seconds: float) -> float:
    await echo(Note_)
    done, start = 0, time.perf_counter()
    while time.perf_counter() < start + seconds:
        async for _ in count(Note(number=5000)):
            done += 1
    return done / (time.perf_counter() - start)
