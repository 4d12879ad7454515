"""The end of sockets, contexts and loops, in any order; and who else may talk to them."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import uvloop
from aio_support import Drive, pair, waiting
from aio_support import until as eventually
from checkout import run
from support import open_descriptors, slow

import zmqlite as zmq
from zmqlite import aio


async def test_closing_a_socket_wakes_who_waits_in_it() -> None:
    async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, _):
        tasks = [asyncio.create_task(pull.recv()) for _ in range(3)]
        await eventually(lambda: waiting(pull) == 3)
        pull.close()
        for task in tasks:
            with pytest.raises(zmq.SocketClosed):
                await task
        with pytest.raises(zmq.SocketClosed):
            await pull.recv()


@pytest.mark.parametrize("end", ["term", "shutdown", "term in a thread"])
async def test_ending_the_context_wakes_who_waits_in_its_sockets(end: str) -> None:
    context = aio.Context(linger=0)
    pull = context.socket(zmq.PULL)
    task = asyncio.create_task(pull.recv())
    await eventually(lambda: waiting(pull))
    if end == "term":
        await context.term()
    elif end == "shutdown":
        context.shutdown()
    else:
        await asyncio.to_thread(context.blocking.term)
    with pytest.raises((zmq.ContextTerminated, zmq.SocketClosed)):
        await task
    await context.term()
    assert context.closed


async def test_a_term_that_is_cancelled_goes_on_in_its_thread() -> None:
    context = aio.Context(linger=300)
    push = context.socket(zmq.PUSH)
    push.connect("tcp://127.0.0.1:9")  # nobody
    await push.send(b"undeliverable")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await context.term()
    await eventually(lambda: context.closed)


def test_a_socket_that_another_loop_has_used_is_refused() -> None:
    context = aio.Context(linger=0)
    socket = context.socket(zmq.PULL)

    async def receive() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await socket.recv()

    async def receive_again() -> None:
        with pytest.raises(RuntimeError, match="another event loop"):
            await socket.recv()

    asyncio.run(receive())
    asyncio.run(receive_again())
    socket.close()
    context.blocking.term()


@pytest.mark.parametrize("factory", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("end", ["close", "term", "forgotten"])
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_loop_may_be_closed_before_its_sockets(factory: Any, end: str) -> None:
    before = open_descriptors()
    context = aio.Context(linger=0)
    sockets = [context.socket(zmq.PULL) for _ in range(5)]

    async def main() -> None:
        tasks = [asyncio.create_task(socket.recv()) for socket in sockets]
        await eventually(lambda: all(map(waiting, sockets)))
        assert not any(task.done() for task in tasks)  # the end of the loop cancels them

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main())
    if end == "close":
        for socket in sockets:
            socket.close()
    if end == "forgotten":
        sockets.clear()
        gc.collect()
    context.blocking.term()
    assert not open_descriptors().items() - before.items(), "descriptors are still open"


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_sockets_and_contexts_that_are_forgotten_end_by_themselves(drive: Drive) -> None:
    contexts = []

    async def main() -> None:
        context = aio.Context(linger=0)
        contexts.append(weakref.ref(context.blocking))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await context.socket(zmq.PULL).recv()

    drive(main())  # which looks at descriptors and complaints
    assert [each() for each in contexts] == [None]


@pytest.mark.parametrize(
    ("how", "error"),
    [slow("raise", "ValueError: unforeseen"), slow("interrupt", "KeyboardInterrupt"), ("exit", "")],
)
def test_a_program_that_ends_anyhow_neither_hangs_nor_complains(how: str, error: str) -> None:
    program = Path(__file__).parent / "programs" / "ending.py"
    done = run(sys.executable, "-W", "ignore::ResourceWarning", program, how)
    assert done.returncode != 0
    *_, last = ["", *done.stderr.splitlines()]
    assert last == error
    assert "Exception ignored" not in done.stderr
    assert "never retrieved" not in done.stderr
