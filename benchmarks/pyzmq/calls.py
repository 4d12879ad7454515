"""What one thread needs for calls, awaits and callbacks, and what cancelled receives lose."""

from __future__ import annotations

import asyncio
import importlib
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

MESSAGES: Final = 5000
MESSAGE: Final = bytes(16)
STORM: Final = 3000
WORKERS: Final = 10
SILENCE: Final = 0.3
"""Seconds without a message after which what has not come is lost."""


class Pair:
    """A PUSH and a PULL socket without high-water marks, connected over inproc."""

    def __init__(self, library: Any, context: Any) -> None:
        self.push, self.pull = context.socket(library.PUSH), context.socket(library.PULL)
        self.push.hwm = self.pull.hwm = self.push.linger = 0
        self.pull.bind("inproc://benchmark")
        self.push.connect("inproc://benchmark")


def calls(name: str) -> dict[str, float]:
    """Return the nanoseconds of CPU of the thread for each message."""
    library = importlib.import_module(name)
    with library.Context() as context:
        pair = Pair(library, context)
        with pair.push, pair.pull:
            frames = [MESSAGE] * 3

            def send() -> None:
                call = pair.push.send
                for _ in range(MESSAGES):
                    call(MESSAGE)

            def recv() -> None:
                call = pair.pull.recv
                for _ in range(MESSAGES):
                    call()

            def multipart() -> None:
                call, answer = pair.push.send_multipart, pair.pull.recv_multipart
                for _ in range(MESSAGES):
                    call(frames)
                    answer()

            return {"send": cpu(send), "recv": cpu(recv), "three frames": cpu(multipart)}


def cpu(call: Callable[[], object]) -> float:
    start = time.thread_time_ns()
    call()
    return (time.thread_time_ns() - start) / MESSAGES


def awaits(name: str) -> dict[str, float]:
    """Return the nanoseconds of CPU for each `await recv()`, with the message there or not yet.

    A receive that waits has its message sent by a plain socket, right after it began to wait.
    """
    library = importlib.import_module(name)
    futures = importlib.import_module(f"{name}.asyncio")

    async def measure() -> dict[str, float]:
        with futures.Context() as context:
            pair = Pair(library, context)
            with pair.push, pair.pull:
                send = library.Socket.shadow(pair.push.underlying).send
                recv = pair.pull.recv
                for _ in range(MESSAGES):
                    send(MESSAGE)

                async def ready() -> None:
                    for _ in range(MESSAGES):
                        await recv()

                async def waiting() -> None:
                    for _ in range(MESSAGES):
                        future = recv()
                        send(MESSAGE)
                        await future

                return {
                    "asyncio recv, message ready": await cpu_of(ready()),
                    "asyncio recv, has to wait": await cpu_of(waiting()),
                }

    return asyncio.run(measure())


async def cpu_of(call: Awaitable[object]) -> float:
    start = time.thread_time_ns()
    await call
    return (time.thread_time_ns() - start) / MESSAGES


def stream(name: str) -> dict[str, float]:
    """Return the nanoseconds of CPU for each message that a ZMQStream sends or hands over."""
    library = importlib.import_module(name)
    zmqstream = importlib.import_module(f"{name}.eventloop.zmqstream")

    async def measure() -> float:
        with library.Context() as context:
            pair = Pair(library, context)
            source, sink = (zmqstream.ZMQStream(each) for each in (pair.push, pair.pull))
            done = asyncio.Event()
            left = MESSAGES

            def received(_: object) -> None:
                nonlocal left
                left -= 1
                if left:
                    source.send(MESSAGE)
                else:
                    done.set()

            sink.on_recv(received)
            start = time.thread_time_ns()
            source.send(MESSAGE)
            await done.wait()
            spent = time.thread_time_ns() - start
            source.close(0)
            sink.close(0)
            return spent / MESSAGES

    return {"ZMQStream, send and receive": asyncio.run(measure())}


def storm(name: str) -> float:
    """Cancel receives at random while messages come; return how many messages nobody got."""
    library = importlib.import_module(name)
    futures = importlib.import_module(f"{name}.asyncio")
    choice = random.Random(1)
    got: set[bytes] = set()

    async def measure() -> None:
        with (
            futures.Context() as context,
            context.socket(library.PUSH) as push,
            context.socket(library.PULL) as pull,
        ):
            push.linger = 0
            port = push.bind_to_random_port("tcp://127.0.0.1")
            pull.connect(f"tcp://127.0.0.1:{port}")

            async def receive() -> None:
                while True:
                    got.add(await pull.recv())

            async def send() -> None:
                for number in range(STORM):
                    await push.send(b"%d" % number)
                    if number % 3 == 0:
                        await asyncio.sleep(0)

            sending = asyncio.create_task(send())
            workers = [asyncio.create_task(receive()) for _ in range(WORKERS)]
            while not sending.done():
                await asyncio.sleep(0)
                index = choice.randrange(WORKERS)
                workers[index].cancel()
                workers[index] = asyncio.create_task(receive())
            while True:  # until nothing comes any more
                before = len(got)
                await asyncio.sleep(SILENCE)
                if len(got) == before:
                    break
            for worker in workers:
                worker.cancel()
            await asyncio.wait(workers)

    asyncio.run(measure())
    return STORM - len(got)
