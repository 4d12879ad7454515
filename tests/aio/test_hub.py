"""Events, peers and subscribers with asyncio."""

from __future__ import annotations

import asyncio

import pytest
from aio_support import until as eventually

import zmqlite as zmq
from zmqlite import aio


async def test_a_monitor_of_the_context_sees_all_its_sockets() -> None:
    async with (
        aio.Context(linger=0) as context,
        context.monitor(zmq.MonitorEvent.LISTENING) as monitor,
    ):
        endpoints = set()
        for _ in range(2):
            async with context.socket(zmq.PULL) as server:
                endpoints.add(server.bind("tcp://127.0.0.1:*"))
        found = [await anext(monitor) for _ in range(2)]
        assert {event.endpoint for event in found} == endpoints
        assert monitor.dropped == 0


async def test_peers_are_waited_for() -> None:
    async with aio.Context(linger=0) as context, context.socket(zmq.PUSH) as server:
        await server.wait_peers(0)
        endpoint = server.bind("tcp://127.0.0.1:*")
        waiting = asyncio.create_task(server.wait_peers(2))
        async with context.socket(zmq.PULL) as one, context.socket(zmq.PULL) as other:
            one.connect(endpoint)
            await eventually(lambda: server.statistics().peers == 1)
            assert not waiting.done()
            other.connect(endpoint)
            await waiting
            assert server.statistics().peers == 2


async def test_a_wait_for_peers_that_is_cancelled_leaves_nothing() -> None:
    async with aio.Context(linger=0) as context, context.socket(zmq.PUSH) as server:
        await server.wait_peers(0)
        server.bind("tcp://127.0.0.1:*")
        handles = context.blocking._owner.handles
        before = len(handles)
        for _ in range(10):
            tasks = [asyncio.create_task(server.wait_peers(1)) for _ in range(10)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in done)
        assert len(handles) == before


async def test_waiting_for_peers_ends_with_the_socket() -> None:
    async with aio.Context(linger=0) as context:
        server = context.socket(zmq.PUSH)
        await server.wait_peers(0)
        server.bind("tcp://127.0.0.1:*")
        waiting = asyncio.create_task(server.wait_peers(1))
        await asyncio.sleep(0)
        server.close()
        with pytest.raises(zmq.SocketClosed):
            await waiting


async def test_subscribers_are_waited_for() -> None:
    async with aio.Context(linger=0) as context, context.socket(zmq.XPUB) as publisher:
        endpoint = publisher.bind("tcp://127.0.0.1:*")
        subscribers = [context.socket(zmq.SUB) for _ in range(2)]
        for subscriber in subscribers:
            subscriber.connect(endpoint)
            subscriber.subscribe(b"news")
        assert await publisher.wait_subscribers(2, b"news") == [[b"\1news"]] * 2
        await publisher.send(b"news!")
        assert [await each.recv() for each in subscribers] == [b"news!"] * 2
        for subscriber in subscribers:
            subscriber.close()
