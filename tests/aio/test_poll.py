"""Several sockets at once, the events of a socket, and time slices: how other tasks get to run."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from aio_support import pair, waiting
from aio_support import until as eventually

import zmqlite as zmq
from zmqlite import aio
from zmqlite.aio import socket as awaited_socket
from zmqlite.aio import time_slice as time_slices


async def test_a_poller_says_what_happened_where() -> None:
    async with pair(zmq.PAIR, zmq.PAIR) as (one, other):
        poller = aio.Poller()
        poller.register(one, zmq.POLLIN)
        poller.register(other)
        assert len(poller) == 2
        assert one in poller
        assert await poller.poll() == [(other, zmq.POLLOUT)]
        await one.send(b"to the other")
        assert await poller.poll() == [(other, zmq.POLLIN | zmq.POLLOUT)]
        poller.modify(other, zmq.POLLIN)
        assert await poller.poll() == [(other, zmq.POLLIN)]


async def test_a_poller_waits_until_one_of_its_sockets_is_ready() -> None:
    async with (
        pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push),
        pair(zmq.PAIR, zmq.PAIR) as (quiet, _),
    ):
        poller = aio.Poller()
        poller.register(quiet, zmq.POLLIN)
        poller.register(pull, zmq.POLLIN)
        polling = asyncio.create_task(poller.poll())
        await eventually(lambda: waiting(pull) and waiting(quiet))
        await push.send(b"late")
        assert await polling == [(pull, zmq.POLLIN)]
        assert (waiting(pull), waiting(quiet)) == (0, 0)
        assert await pull.recv() == b"late"


async def test_a_poll_that_is_cancelled_leaves_no_waiter_behind() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        poller = aio.Poller()
        poller.register(pull, zmq.POLLIN)
        polling = asyncio.create_task(poller.poll())
        await eventually(lambda: waiting(pull))
        polling.cancel()
        await asyncio.wait([polling])
        assert waiting(pull) == 0
        await push.send(b"kept")
        assert await pull.recv() == b"kept"


async def test_a_poller_refuses_what_it_cannot_wait_for() -> None:
    async with aio.Context() as context, context.socket(zmq.PULL) as pull:
        poller = aio.Poller()
        with pytest.raises(ValueError, match="nothing is registered"):
            await poller.poll()
        with pytest.raises(TypeError, match=r"zmqlite\.aio sockets, not int"):
            poller.register(0)  # type: ignore[arg-type]  # on purpose
        with pytest.raises(ValueError, match="POLLIN or POLLOUT"):
            poller.register(pull, zmq.POLLERR)
        for call in (poller.unregister, lambda socket: poller.modify(socket, zmq.POLLIN)):
            with pytest.raises(KeyError, match="not registered"):
                call(pull)
        poller.register(pull, zmq.POLLIN)
        poller.unregister(pull)
        assert pull not in poller
        poller.register(pull, zmq.POLLIN)
    with pytest.raises(zmq.SocketClosed):
        await poller.poll()


async def test_one_socket_is_polled_for_what_is_asked() -> None:
    async with pair(zmq.PAIR, zmq.PAIR) as (one, other):
        assert await one.poll(zmq.POLLIN | zmq.POLLOUT) == zmq.POLLOUT
        polling = asyncio.create_task(one.poll())
        await eventually(lambda: waiting(one))
        await other.send(b"x")
        assert await polling == zmq.POLLIN
        with pytest.raises(ValueError, match="POLLIN or POLLOUT"):
            await one.poll(zmq.POLLPRI)


async def test_a_monitor_yields_what_happens_until_its_socket_is_closed() -> None:
    async with aio.Context(linger=0) as context:
        server = context.socket(zmq.REP)
        async with server.monitor() as monitor:
            endpoint = server.bind("tcp://127.0.0.1:*")
            first = await monitor.recv()
            assert (first.event, first.endpoint) == (zmq.MonitorEvent.LISTENING, endpoint)
            async with context.socket(zmq.REQ) as client:
                client.connect(endpoint)
                events = []
                async for event in monitor:
                    events.append(event.event)
                    if event.event == zmq.MonitorEvent.HANDSHAKE_SUCCEEDED:
                        break
            assert zmq.MonitorEvent.ACCEPTED in events
            server.close()
            async for _ in monitor:
                pass
            assert [event async for event in monitor] == []
        with pytest.raises(zmq.SocketClosed):
            await monitor.recv()


@pytest.mark.parametrize("time_slice", [0, 1, 10])
@pytest.mark.parametrize(
    "call",
    [
        lambda pull, push: pull.recv(),
        lambda pull, push: pull.recv_multipart(),
        lambda pull, push: pull.recv_many(1),
        lambda pull, push: pull.recv(zmq.DONTWAIT),
        lambda pull, push: anext(pull),
        lambda pull, push: pull.poll(),
        lambda pull, push: push.send(b"x"),
        lambda pull, push: push.send_many([b"x"]),
    ],
    ids=["recv", "multipart", "many", "dontwait", "iterate", "poll", "send", "send many"],
)
async def test_a_flood_goes_on_for_a_time_slice_and_not_longer(
    monkeypatch: pytest.MonkeyPatch, call: Any, time_slice: int
) -> None:
    """By a clock that goes on by 0.1 ms whenever it is read, which each call does at least once."""
    reads = itertools.count()
    for module in (time_slices, awaited_socket):
        monkeypatch.setattr(module, "monotonic", lambda: next(reads) / 10_000)
    async with aio.Context(linger=0, time_slice=time_slice) as context:
        pull, push = (context.socket(kind, sndhwm=0, rcvhwm=0) for kind in (zmq.PULL, zmq.PUSH))
        push.connect(pull.bind("inproc://flood"))
        await push.send_many([b"flood"] * 2000)
        calls = 0
        seen = [0]

        async def other() -> None:
            while True:
                seen.append(calls)
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        for _ in range(300):
            await call(pull, push)
            calls += 1
        task.cancel()
        gaps = [after - before for before, after in itertools.pairwise(seen)]
        assert max(gaps) <= 10 * time_slice + 2  # with the receive that is let through
        assert max(gaps) >= 2 * time_slice  # and it is no shorter than has to be


@pytest.mark.parametrize("time_slice", [-1, 0.5, None])
async def test_a_time_slice_is_a_number_of_milliseconds(time_slice: object) -> None:
    with pytest.raises((TypeError, ValueError), match="time_slice"):
        aio.Context(time_slice=time_slice)  # type: ignore[arg-type]  # on purpose
