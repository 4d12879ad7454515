"""What an event loop has to do for its sockets: counted in runs of callbacks, not in time.

Each test prints what it counted; `pytest tests/aio/test_cost.py -rP` shows it.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aio_support import pair, turns, waiting
from aio_support import until as eventually

import zmqlite as zmq
from zmqlite import aio
from zmqlite.aio.readiness import Watch

pytestmark = pytest.mark.slow

IDLE = 0.3
"""Seconds in which nothing happens."""

MESSAGES = 3000


class Counts:
    """How often sockets were looked at: because of their descriptors, and in all."""

    def __init__(self) -> None:
        self.edges = 0
        self.looks = 0


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """Count from now on."""
    counts = Counts()
    edge, events = Watch._edge, Watch.events

    def counted_edge(self: Watch) -> None:
        counts.edges += 1
        edge(self)

    def counted_events(self: Watch) -> int:
        counts.looks += 1
        return events(self)

    monkeypatch.setattr(Watch, "_edge", counted_edge)
    monkeypatch.setattr(Watch, "events", counted_events)
    return counts


@contextmanager
def iterations() -> Iterator[list[int]]:
    """Count how often the event loop goes round."""
    loop, went = asyncio.get_running_loop(), [0]
    run_once = loop._run_once  # type: ignore[attr-defined]  # asyncio's own loops have it

    def counted() -> None:
        went[0] += 1
        run_once()

    loop._run_once = counted  # type: ignore[attr-defined]
    try:
        yield went
    finally:
        del loop._run_once  # type: ignore[attr-defined]


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Let the process have enough descriptors for a thousand sockets, if it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 8192:
        pytest.skip(f"{hard} descriptors are too few")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def idle(went: list[int]) -> int:
    """How often the loop goes round while nothing happens."""
    before = went[0]
    await asyncio.sleep(IDLE)
    return went[0] - before


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_a_loop_whose_sockets_wait_stands_still(counts: Counts, transport: str) -> None:
    """Both ways, after traffic: the descriptor of neither socket is left readable."""

    async def main() -> None:
        async with pair(zmq.DEALER, zmq.DEALER, transport, sndhwm=1, rcvhwm=1) as (one, other):
            for _ in range(50):
                await one.send(b"there")
                await other.send(await other.recv())
                await one.recv()
            sending = [asyncio.create_task(one.send(b"too many")) for _ in range(10)]
            receiving = [asyncio.create_task(one.recv()) for _ in range(10)]
            await eventually(lambda: waiting(one) >= len(receiving))
            await asyncio.sleep(0.05)  # whatever is under way
            counts.edges = counts.looks = 0
            cpu = time.process_time()
            with iterations() as went:
                turned = await idle(went)
            cpu = time.process_time() - cpu
            print(
                f"idle {transport}: {turned} turns of the loop, {counts.edges} callbacks of "
                f"descriptors, {counts.looks} looks, {cpu * 1000:.1f} ms of CPU in {IDLE} s"
            )
            assert turned <= 5
            assert counts.edges <= 1
            for task in (*sending, *receiving):
                task.cancel()
            await asyncio.wait([*sending, *receiving])

    asyncio.run(main())


@pytest.mark.usefixtures("descriptors")
def test_the_work_grows_with_the_traffic_and_not_with_the_sockets(counts: Counts) -> None:
    """The same messages, over few sockets or a thousand: at most a callback and two looks each."""

    async def main(sockets: int, messages: int) -> tuple[int, int]:
        got = 0

        async def receive(pull: aio.Socket) -> None:
            nonlocal got
            async with pull:
                for _ in range(messages // sockets):
                    await pull.recv()
                    got += 1

        async with aio.Context(linger=0, max_sockets=4096) as context, asyncio.TaskGroup() as tasks:
            pushes = []
            for number in range(sockets):
                pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
                push.connect(pull.bind(f"inproc://{number}"))
                tasks.create_task(receive(pull))
                pushes.append(push)
            await turns(10)
            with iterations() as went:
                await asyncio.sleep(0.05)
                counts.edges = 0
                turned = await idle(went)
            assert turned <= 5  # so idle sockets cost nothing
            assert counts.edges <= 1
            counts.edges = counts.looks = 0
            for _ in range(messages // sockets):
                for push in pushes:
                    await push.send(b"x")
                    await turns(3)  # so that each has to be waited for
        print(f"{sockets} sockets, {got} messages: {counts.edges} callbacks, {counts.looks} looks")
        assert got == messages
        return counts.edges, counts.looks

    for sockets, messages in ((10, 1000), (1000, 1000), (1000, 3000)):
        edges, looks = asyncio.run(main(sockets, messages))
        assert edges <= messages + 10
        assert looks <= 2 * messages + 10


async def test_a_burst_costs_a_callback_and_not_one_for_each_message(counts: Counts) -> None:
    async with pair(zmq.PULL, zmq.PUSH, sndhwm=0, rcvhwm=0) as (pull, push):
        receiving = asyncio.create_task(pull.recv())
        await eventually(lambda: waiting(pull))
        counts.edges = 0
        await push.send_many([b"x"] * MESSAGES)
        await receiving
        for _ in range(MESSAGES - 1):
            await pull.recv()
        print(f"a burst of {MESSAGES}: {counts.edges} callbacks")
        assert counts.edges < MESSAGES / 20
