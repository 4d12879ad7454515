"""Who is woken when: no wake-up is missed, handed to the wrong one, or made for nothing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import pytest
from aio_support import pair, waiting
from aio_support import until as eventually

import zmqlite as zmq
from zmqlite import aio


async def test_those_who_wait_are_served_in_the_order_they_came() -> None:
    async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):
        tasks = [asyncio.create_task(pull.recv()) for _ in range(20)]
        await eventually(lambda: waiting(pull) == 20)
        await push.send_many([b"%d" % number for number in range(20)])
        assert await asyncio.gather(*tasks) == [b"%d" % number for number in range(20)]


async def test_cancelling_the_one_that_was_woken_wakes_the_next() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        first, second, third = (asyncio.create_task(pull.recv()) for _ in range(3))
        await eventually(lambda: waiting(pull) == 3)
        await push.send(b"one message")
        pull._watch._edge()  # as the event loop does; that wakes the first, and takes the edge
        first.cancel()
        assert await second == b"one message"
        assert first.cancelled()
        assert not third.done()
        third.cancel()
        await asyncio.wait([third])
        assert waiting(pull) == 0


async def test_who_comes_later_does_not_overtake() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        early = asyncio.create_task(pull.recv())
        await eventually(lambda: waiting(pull))
        await push.send(b"first")
        await push.send(b"second")
        assert await pull.recv() == b"second"
        assert early.result() == b"first"


async def test_a_peer_that_is_full_does_not_hold_up_messages_for_others() -> None:
    """EVENTS says that a ROUTER has room, since it may have room for somebody."""
    async with aio.Context(linger=0) as context:
        options: Any = {"sndhwm": 1, "rcvhwm": 1}
        router = context.socket(zmq.ROUTER, router_mandatory=True, **options)
        endpoint = router.bind("inproc://router")
        dealers = {}
        for name in (b"full", b"other"):
            dealers[name] = context.socket(zmq.DEALER, routing_id=name, **options)
            dealers[name].connect(endpoint)
        await asyncio.gather(*(dealer.send(b"") for dealer in dealers.values()))
        for _ in dealers:
            await router.recv_multipart()
        sent = 0
        with contextlib.suppress(zmq.Again):
            while True:
                await router.send_multipart([b"full", b"x"], zmq.DONTWAIT)
                sent += 1
        blocked = [asyncio.create_task(router.send_multipart([b"full", b"x"])) for _ in range(2)]
        await eventually(lambda: waiting(router) == 2)
        for number in range(10):
            await router.send_multipart([b"other", b"%d" % number])
            assert await dealers[b"other"].recv() == b"%d" % number
        assert not any(task.done() for task in blocked)
        for _ in range(sent + 2):
            await dealers[b"full"].recv()
        await asyncio.gather(*blocked)


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
async def test_a_send_takes_no_wake_up_from_who_waits_to_receive(transport: str) -> None:
    async with pair(zmq.DEALER, zmq.DEALER, transport) as (one, other):
        # So that the send comes before the event loop looks.
        one._watch.shared.time_slice = 60_000
        for number in range(150):
            receive = asyncio.create_task(one.recv())
            await eventually(lambda: waiting(one))
            await other.send(b"%d" % number)
            # A send looks at what has arrived when its last look is long ago, for a CPU.
            end = time.perf_counter() + 0.0015
            while time.perf_counter() < end:
                pass
            await one.send(b"the other way")
            assert await receive == b"%d" % number
            await other.recv()


async def test_a_receive_takes_no_wake_up_from_who_waits_to_send() -> None:
    async def empty(socket: aio.Socket) -> None:
        with contextlib.suppress(zmq.Again):
            while True:
                await socket.recv(zmq.DONTWAIT)

    async with pair(zmq.DEALER, zmq.DEALER, sndhwm=2, rcvhwm=2) as (one, other):
        for _ in range(150):
            with contextlib.suppress(zmq.Again):
                while True:
                    await one.send(b"fills", zmq.DONTWAIT)
            send = asyncio.create_task(one.send(b"waits"))
            await eventually(lambda: waiting(one))
            await other.send(b"the other way")
            await empty(other)  # from now on there is room
            await one.recv()  # which finds that out, and nothing else will happen
            await send
            await empty(other)


@pytest.mark.parametrize(
    "call",
    [
        lambda socket: socket.events,
        lambda socket: setattr(socket, "linger", 0),
        lambda socket: socket.bind("inproc://more"),
        lambda socket: socket.connect("inproc://more"),
    ],
    ids=["events", "option", "bind", "connect"],
)
async def test_no_other_call_takes_one_either(call: Callable[[aio.Socket], Any]) -> None:
    async with pair(zmq.DEALER, zmq.DEALER) as (one, other):
        receive = asyncio.create_task(one.recv())
        await eventually(lambda: waiting(one))
        await other.send(b"x")
        call(one)
        assert await receive == b"x"
