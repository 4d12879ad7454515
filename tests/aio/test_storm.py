"""Coroutines cancelled at random, often: every message arrives once, whole and in order.

Each storm prints what it counted; this shows it:

    pytest tests/aio/test_storm.py -rP | grep storm:
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aio_support import pair, turns, waiting
from aio_support import until as eventually
from schemas import Cat

import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto.aio import TypedSocket

pytestmark = pytest.mark.slow

COUNT = 1000
"""Messages of a storm, more or less; a quarter in debug mode, which is ten times as slow."""


class Storm:
    """What was sent and received, in order, and how often somebody was cancelled."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.count = COUNT // 4 if asyncio.get_running_loop().get_debug() else COUNT
        self.sent: list[Any] = []
        self.got: list[Any] = []
        self.cancelled = 0

    async def cancel(self, work: Awaitable[Any]) -> BaseException | None:
        """Let a coroutine run for a few turns of the loop, then maybe cancel it; how it ended."""
        task = asyncio.ensure_future(work)
        for _ in range(self.rnd.randrange(6)):
            await asyncio.sleep(0)
        if self.rnd.random() < 0.7:
            task.cancel()
        await asyncio.wait([task])  # so that an end of the test is no end of the task
        try:
            task.result()
        except asyncio.CancelledError as error:
            self.cancelled += 1
            return error
        return None

    async def collect(self, receive: Callable[[], Awaitable[Any]]) -> None:
        """Receive for ever, with pauses, so that who sends has to wait."""
        while True:
            self.got.append(await receive())
            for _ in range(self.rnd.randrange(5)):
                await asyncio.sleep(0)

    async def end(self, receiving: asyncio.Task[None], socket: aio.Socket) -> None:
        """Wait until all that was sent is there, and see that nothing more is."""
        await eventually(lambda: len(self.got) >= len(self.sent))
        receiving.cancel()
        await asyncio.wait([receiving])
        with pytest.raises(zmq.Again):
            await socket.recv(zmq.DONTWAIT)


@contextmanager
def a_storm(seed: int, least: int | None = None) -> Iterator[Storm]:
    """A storm, and what it has come to; `least` cancellations are to count, or a twentieth.

    Those count that came while the coroutine waited.
    """
    storm = Storm(seed)
    yield storm
    lost = len(storm.sent) - len(storm.got)
    print(
        f"storm: {len(storm.sent)} messages sent, {len(storm.got)} received, {lost} lost, "
        f"{storm.cancelled} cancelled"
    )
    assert storm.got == storm.sent
    assert storm.cancelled >= (storm.count // 20 if least is None else least)


HEADED = proto.Bare(Cat, attachments=1)


def _plain(data: bytes) -> list[bytes]:
    return [data]


def _triple(data: bytes) -> list[bytes]:
    return [data] * 3


def _cat(data: bytes) -> list[bytes]:
    return [Cat(name=data.decode()).SerializeToString()]


def _headed(data: bytes) -> list[bytes]:
    return [*_cat(data), data]


def _typed(socket: aio.Socket, codec: Any) -> TypedSocket[Any, Any]:
    return TypedSocket(socket, codec)


async def _into(socket: aio.Socket) -> bytes:
    buffer = bytearray(10)
    return bytes(buffer[: await socket.recv_into(buffer)])


async def _polled(socket: aio.Socket) -> bytes:
    await socket.poll()
    return await socket.recv(zmq.DONTWAIT)


async def _picked(socket: aio.Socket) -> bytes:
    poller = aio.Poller()
    poller.register(socket, zmq.POLLIN)
    (ready,) = await poller.poll()
    return await ready[0].recv(zmq.DONTWAIT)


def _parts(got: Any) -> list[bytes]:
    """What came in parts that are all the same."""
    (data,) = {bytes(part) for part in got}
    return [data]


def _names(*cats: Any) -> list[bytes]:
    return [cat.name.encode() for cat in cats]


def _envelope(got: Any) -> list[bytes]:
    return _parts([*got.attachments, got.message.name.encode()])


RECEIVES: list[tuple[Callable[[bytes], list[bytes]], Any, Any]] = [
    (_plain, lambda socket: socket.recv(), _plain),
    (_plain, anext, _plain),
    (_plain, lambda socket: socket.recv_multipart(), list),
    (_plain, _into, _plain),
    (_plain, lambda socket: socket.recv_message(), lambda got: [bytes(got.data)]),
    (_plain, lambda socket: socket.recv_many(7), list),
    (_plain, _polled, _plain),
    (_plain, _picked, _plain),
    (_triple, lambda socket: socket.recv_multipart(), _parts),
    (_cat, lambda socket: _typed(socket, Cat).recv(), _names),
    (_cat, lambda socket: _typed(socket, Cat).recv_many(7), lambda got: _names(*got)),
    (_headed, lambda socket: _typed(socket, HEADED).recv_envelope(), _envelope),
]
"""The frames of a message, a way to receive it, and what was sent then."""


@pytest.mark.parametrize(("frames", "receive", "opened"), RECEIVES, ids=range(len(RECEIVES)))
async def test_a_cancelled_receive_has_taken_nothing(
    frames: Callable[[bytes], list[bytes]], receive: Any, opened: Any
) -> None:
    with a_storm(1) as storm:
        async with pair(zmq.PULL, zmq.PUSH) as (pull, push):

            async def send() -> None:
                for number in range(storm.count):
                    await push.send_multipart(frames(b"%d" % number))
                    storm.sent.append(b"%d" % number)
                    for _ in range(storm.rnd.randrange(14)):  # mostly there is nothing to receive
                        await asyncio.sleep(0)

            async def take() -> None:
                storm.got += opened(await receive(pull))

            sending = asyncio.create_task(send())
            while len(storm.got) < storm.count:
                await storm.cancel(take())
            await sending
            assert waiting(pull) == 0


# Sending


def _in_envelope(data: bytes) -> Any:
    return proto.Envelope(Cat(name=data.decode()), attachments=[data])


@pytest.mark.parametrize(
    ("frames", "send"),
    [
        (_plain, lambda socket, data: socket.send(data)),
        (_triple, lambda socket, data: socket.send_multipart(_triple(data))),
        (_cat, lambda socket, data: _typed(socket, Cat).send(Cat(name=data.decode()))),
        (_headed, lambda one, data: _typed(one, HEADED).send_envelope(_in_envelope(data))),
    ],
    ids=["one", "three", "cat", "headed"],
)
async def test_a_cancelled_send_has_sent_all_of_a_message_or_nothing(
    frames: Callable[[bytes], list[bytes]], send: Callable[[aio.Socket, bytes], Awaitable[None]]
) -> None:
    with a_storm(2) as storm:
        async with pair(zmq.PULL, zmq.PUSH, sndhwm=2, rcvhwm=2) as (pull, push):
            receiving = asyncio.create_task(storm.collect(pull.recv_multipart))
            for number in range(storm.count):
                if await storm.cancel(send(push, b"%d" % number)) is None:
                    storm.sent.append(frames(b"%d" % number))
            assert waiting(push) == 0
            await storm.end(receiving, pull)


@pytest.mark.parametrize("typed", [False, True])
async def test_a_cancelled_batch_says_how_many_were_sent(typed: bool) -> None:
    with a_storm(3) as storm:
        async with pair(zmq.PULL, zmq.PUSH, sndhwm=5, rcvhwm=5) as (pull, push):
            receiving = asyncio.create_task(storm.collect(pull.recv_multipart))
            topics = _typed(push, proto.Topic(Cat))
            while len(storm.sent) < 2 * storm.count:
                numbers = range(len(storm.sent), len(storm.sent) + 20)
                cats = [Cat(name=str(number)) for number in numbers]
                if typed:
                    batch = [[b"topic", cat.SerializeToString()] for cat in cats]
                    ended = await storm.cancel(topics.send_many(cats, topic=b"topic"))
                else:
                    batch = [_plain(b"%d" % number) for number in numbers]
                    ended = await storm.cancel(push.send_many(data for (data,) in batch))
                storm.sent += batch if ended is None else batch[: aio.sent(ended)]
            await storm.end(receiving, pull)


# Several who wait, and both directions


async def test_one_of_several_waiters_at_a_time_can_be_cancelled() -> None:
    with a_storm(4) as storm:
        async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):
            waiters: set[asyncio.Task[None]] = set()

            async def take() -> None:
                storm.got.append(await pull.recv())

            def refill() -> None:
                nonlocal waiters
                storm.cancelled += sum(each.done() and each.cancelled() for each in waiters)
                waiters = {each for each in waiters if not each.done()}
                waiters |= {asyncio.create_task(take()) for _ in range(10 - len(waiters))}

            while len(storm.got) < storm.count:
                refill()
                if len(storm.sent) < storm.count:
                    storm.sent.append(b"%d" % len(storm.sent))
                    await push.send(storm.sent[-1])
                    storm.rnd.choice(sorted(waiters, key=id)).cancel()
                await asyncio.sleep(0)
            for waiter in waiters:
                waiter.cancel()
            await asyncio.wait(waiters)
            assert waiting(pull) == 0


async def test_who_waits_to_send_and_who_waits_to_receive_are_cancelled_in_one_socket() -> None:
    with a_storm(5) as there, a_storm(6) as back:
        async with pair(zmq.DEALER, zmq.DEALER, sndhwm=2, rcvhwm=2) as (one, other):

            async def take(storm: Storm, socket: aio.Socket) -> None:
                storm.got.append(await socket.recv())

            async def send(storm: Storm, socket: aio.Socket) -> None:
                while (number := len(storm.sent)) < storm.count:
                    if await storm.cancel(socket.send(b"%d" % number)) is None:
                        storm.sent.append(b"%d" % number)

            async def receive(storm: Storm, socket: aio.Socket) -> None:
                while len(storm.got) < storm.count:
                    await storm.cancel(take(storm, socket))

            async with asyncio.TaskGroup() as tasks:
                for storm, source, sink in ((there, one, other), (back, other, one)):
                    tasks.create_task(send(storm, source))
                    tasks.create_task(receive(storm, sink))
            assert (waiting(one), waiting(other)) == (0, 0)


# As programs do it, with a limit of time


async def test_a_timeout_that_ends_while_the_message_arrives_loses_nothing() -> None:
    """The loop is blocked meanwhile, so that both are there when it looks."""
    with a_storm(7) as storm:
        async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):

            async def take(limit: float | None) -> None:
                try:
                    async with asyncio.timeout(limit):
                        storm.got.append(await pull.recv())
                except TimeoutError:
                    storm.cancelled += 1

            for number in range(300):
                taking = asyncio.create_task(take(0.001))
                await turns()
                await push.send(b"%d" % number)
                storm.sent.append(b"%d" % number)
                time.sleep(0.003)
                await taking
                if len(storm.got) < len(storm.sent):
                    await take(None)
