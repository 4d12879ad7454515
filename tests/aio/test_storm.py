"""Coroutines cancelled at random, often: every message arrives once, whole and in order."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aio_support import Drive, pair

import zmqlite as zmq
from zmqlite import aio

COUNT = 3000


async def cancelled_at_random(rnd: random.Random, work: Awaitable[Any]) -> BaseException | None:
    """Let a coroutine run for a few turns of the loop, then maybe cancel it; how that ended."""
    task = asyncio.ensure_future(work)
    for _ in range(rnd.randrange(4)):
        await asyncio.sleep(0)
    if rnd.random() < 0.5:
        task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        return error
    return None


async def _frame(socket: aio.Socket, got: list[bytes]) -> None:
    got.append(await socket.recv())


async def _whole(socket: aio.Socket, got: list[bytes]) -> None:
    (frame,) = await socket.recv_multipart()
    got.append(frame)


async def _batch(socket: aio.Socket, got: list[bytes]) -> None:
    got += await socket.recv_many(7)


@pytest.mark.parametrize("receive", [_frame, _whole, _batch])
def test_a_cancelled_receive_has_taken_nothing(
    drive: Drive, receive: Callable[[aio.Socket, list[bytes]], Awaitable[None]]
) -> None:
    rnd = random.Random(1)
    expected = [b"%d" % number for number in range(COUNT)]

    async def send(push: aio.Socket) -> None:
        for message in expected:
            await push.send(message)
            if rnd.random() < 0.2:
                await asyncio.sleep(0)

    async def main() -> int:
        got: list[bytes] = []
        cancelled = 0
        async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):
            sender = asyncio.create_task(send(push))
            while len(got) < COUNT:
                cancelled += await cancelled_at_random(rnd, receive(pull, got)) is not None
            await sender
        assert got == expected
        return cancelled

    assert drive(main()) > 20


@pytest.mark.parametrize("frames", [1, 3])
def test_a_cancelled_send_has_sent_all_of_a_message_or_nothing(drive: Drive, frames: int) -> None:
    rnd = random.Random(2)

    async def send(push: aio.Socket, number: int, sent: list[int]) -> None:
        await push.send_multipart([b"%d" % number] * frames)
        sent.append(number)

    async def main() -> int:
        sent: list[int] = []
        got: list[list[bytes]] = []
        async with pair(zmq.PULL, zmq.PUSH, sndhwm=2, rcvhwm=2) as (pull, push):

            async def collect() -> None:
                while True:
                    got.append(await pull.recv_multipart())
                    for _ in range(rnd.randrange(5)):
                        await asyncio.sleep(0)

            receiver = asyncio.create_task(collect())
            for number in range(COUNT):
                await cancelled_at_random(rnd, send(push, number, sent))
            while len(got) < len(sent):
                await asyncio.sleep(0)
            receiver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiver
            with pytest.raises(zmq.Again):
                await pull.recv(zmq.DONTWAIT)
        assert got == [[b"%d" % number] * frames for number in sent]
        return COUNT - len(sent)

    assert drive(main()) > 20


def test_a_cancelled_batch_says_how_many_were_sent(drive: Drive) -> None:
    rnd = random.Random(3)

    async def main() -> int:
        got: list[bytes] = []
        cancelled = 0
        async with pair(zmq.PULL, zmq.PUSH, sndhwm=5, rcvhwm=5) as (pull, push):

            async def collect() -> None:
                async for message in pull:
                    got.append(message)
                    if rnd.random() < 0.3:
                        await asyncio.sleep(0)

            receiver = asyncio.create_task(collect())
            expected: list[bytes] = []
            while len(expected) < COUNT:
                batch = [b"%d" % (len(expected) + number) for number in range(20)]
                ended = await cancelled_at_random(rnd, push.send_many(batch))
                cancelled += ended is not None
                expected += batch if ended is None else batch[: aio.sent(ended)]
            while len(got) < len(expected):
                await asyncio.sleep(0)
            receiver.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await receiver
        assert got == expected
        return cancelled

    assert drive(main()) > 20


def test_one_of_several_waiters_at_a_time_can_be_cancelled(drive: Drive) -> None:
    rnd = random.Random(4)

    async def main() -> None:
        got: list[bytes] = []
        async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):
            waiters = {asyncio.create_task(_frame(pull, got)) for _ in range(10)}
            for number in range(1000):
                await push.send(b"%d" % number)
                rnd.choice(sorted(waiters, key=id)).cancel()
                await asyncio.sleep(0)
                waiters = {each for each in waiters if not each.done()}
                waiters |= {
                    asyncio.create_task(_frame(pull, got)) for _ in range(10 - len(waiters))
                }
            while len(got) < 1000:
                await asyncio.sleep(0)
                waiters = {each for each in waiters if not each.done()}
                waiters |= {
                    asyncio.create_task(_frame(pull, got)) for _ in range(10 - len(waiters))
                }
            for waiter in waiters:
                waiter.cancel()
            await asyncio.wait(waiters)
        assert got == [b"%d" % number for number in range(1000)]

    drive(main())
