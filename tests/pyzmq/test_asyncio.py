"""What zmqlite.pyzmq.asyncio promises beyond what pyzmq's own tests look at."""

from __future__ import annotations

import asyncio
import gc
import random
import socket as stdlib_socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest
from pyzmq_support import SECONDS, KeepingAsyncContext, keeping_context, run

import zmqlite.pyzmq as zmq
import zmqlite.pyzmq.asyncio as zmq_asyncio

T = TypeVar("T")
Pair = tuple[zmq_asyncio.Socket, zmq_asyncio.Socket]


@pytest.fixture
def context() -> Iterator[zmq_asyncio.Context]:
    with keeping_context(KeepingAsyncContext) as context:
        yield context


@pytest.fixture
def pair(context: zmq_asyncio.Context) -> Pair:
    return connected(context, zmq.PUSH, zmq.PULL)


def connected(context: Any, first: int, second: int) -> Pair:
    one, other = context.socket(first), context.socket(second)
    port = one.bind_to_random_port("tcp://127.0.0.1")
    other.connect(f"tcp://127.0.0.1:{port}")
    return one, other


async def rounds(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def received(pull: zmq_asyncio.Socket, count: int) -> list[bytes]:
    return [await pull.recv() for _ in range(count)]


@pytest.mark.parametrize("form", ["recv", "recv_multipart", "recv_string", "recv_into", "frame"])
def test_a_storm_of_cancellations_loses_no_message(pair: Pair, form: str) -> None:
    push, pull = pair
    count, tasks, got, chance = 3000, 8, [], random.Random(7)

    async def one() -> int:
        if form == "recv_multipart":
            return int((await pull.recv_multipart())[0])
        if form == "recv_string":
            return int(await pull.recv_string())
        if form == "frame":
            return int((await pull.recv(copy=False)).bytes)
        if form == "recv_into":
            buffer = bytearray(8)
            return int(buffer[: await pull.recv_into(buffer)])
        return int(await pull.recv())

    async def worker() -> None:
        while True:
            got.append(await one())

    async def produce() -> None:
        for number in range(count):
            await push.send(b"%d" % number)
            if number % 3 == 0:
                await asyncio.sleep(0)

    async def main() -> None:
        producer = asyncio.create_task(produce())
        workers = [asyncio.create_task(worker()) for _ in range(tasks)]
        while True:
            if len(got) >= count - tasks and producer.done():
                break
            await asyncio.sleep(0)
            chosen = chance.randrange(tasks)
            workers[chosen].cancel()
            workers[chosen] = asyncio.create_task(worker())
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        while True:
            if len(got) == count:
                break
            got.append(await one())

    run(main())
    assert sorted(got) == list(range(count))


def cancelled_once_done(*futures: Any) -> list[asyncio.Task[Any]]:
    """Return tasks that are cancelled when the first future is done, before they can run."""
    tasks: list[asyncio.Task[Any]] = []
    futures[0].add_done_callback(lambda _: [task.cancel() for task in tasks])
    tasks.extend(asyncio.create_task(take(future)) for future in futures)
    return tasks


async def take(future: Awaitable[T]) -> T:
    return await future


@pytest.mark.parametrize("size", [1, 3])
async def test_a_task_has_its_message_before_anything_can_cancel_it(pair: Pair, size: int) -> None:
    push, pull = pair
    message = [b"%d" % number for number in range(size)]
    [task] = cancelled_once_done(pull.recv_multipart())
    await push.send_multipart(message)
    assert await task == message


async def test_cancelled_tasks_leave_their_messages_in_order(pair: Pair) -> None:
    push, pull = pair
    expected = [b"%d" % number for number in range(4)]
    tasks = cancelled_once_done(*(pull.recv() for _ in expected))
    for each in expected:
        push.send(each)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    got = [each for each in ended if isinstance(each, bytes)]
    assert got + await received(pull, len(expected) - len(got)) == expected


async def test_a_task_that_receives_can_cancel_the_next_one(pair: Pair) -> None:
    push, pull = pair

    async def first() -> bytes:
        data: bytes = await pull.recv()
        following.cancel()
        return data

    task = asyncio.create_task(first())
    await rounds()
    following = asyncio.create_task(take(pull.recv()))
    await rounds()
    await push.send_multipart([b"one", b"two"])
    assert await task == b"one"
    with pytest.raises(asyncio.CancelledError):
        await following
    assert await pull.recv() == b"two"


async def test_a_task_that_receives_can_close_the_socket(pair: Pair) -> None:
    push, pull = pair

    async def first() -> None:
        await pull.recv()
        pull.close()

    task = asyncio.create_task(first())
    await rounds()
    following = asyncio.create_task(take(pull.recv()))
    await rounds()
    await push.send_multipart([b"one", b"two"])
    await task
    with pytest.raises(asyncio.CancelledError):
        await following


def test_an_interrupt_in_a_task_that_receives_holds_up_no_other(pair: Pair) -> None:
    push, pull = pair
    loop = asyncio.new_event_loop()

    async def interrupted() -> None:
        await pull.recv()
        raise KeyboardInterrupt

    async def receive() -> bytes:
        data: bytes = await pull.recv()
        return data

    task = loop.create_task(interrupted())
    loop.run_until_complete(rounds())
    following = loop.create_task(receive())
    loop.run_until_complete(rounds())

    async def send() -> None:
        await push.send_multipart([b"one", b"two"])
        await asyncio.wait([following])

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(send())
    assert loop.run_until_complete(asyncio.wait_for(following, SECONDS)) == b"two"
    assert isinstance(task.exception(), KeyboardInterrupt)
    loop.run_until_complete(rounds())
    loop.close()


async def test_cancel_leaves_nothing_behind(pair: Pair) -> None:
    push, pull = pair
    futures = [pull.recv(), pull.recv_multipart(), pull.poll(10_000), pull.recv_json()]
    assert len(pull._recv_futures) == 4
    for future in futures:
        assert future.cancel()
        assert future.cancelled()
    assert pull._recv_futures == []
    blocked = pull.context.socket(zmq.PUSH)
    assert blocked.send(b"to nobody").cancel()
    assert blocked._send_futures == []
    blocked.close(0)
    await push.send(b"kept")
    assert await pull.recv() == b"kept"


async def test_a_cancelled_send_sends_nothing(context: zmq_asyncio.Context) -> None:
    push = context.socket(zmq.PUSH)
    first, second = push.send(b"cancelled"), push.send(b"sent")
    first.cancel()
    pull = context.socket(zmq.PULL)
    push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
    await second
    assert await pull.recv() == b"sent"


async def test_first_come_first_served(pair: Pair) -> None:
    push, pull = pair
    futures = [pull.recv() for _ in range(50)]
    for number in range(50):
        await push.send(b"%d" % number)
    assert await asyncio.gather(*futures) == [b"%d" % number for number in range(50)]


async def test_a_receiver_that_never_waits_lets_other_tasks_run(
    context: zmq_asyncio.Context,
) -> None:
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.sndhwm = pull.rcvhwm = 0
    push.bind("inproc://flood")
    pull.connect("inproc://flood")

    for _ in range(20_000):
        await push.send(b"")
    ended, ran = False, 0

    async def other() -> None:
        nonlocal ran
        while True:
            if ended:
                break
            ran += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await received(pull, 20_000)
    ended = True
    await task
    assert ran > 1


@pytest.mark.parametrize("close", [True, False])
def test_several_loops_one_after_another(pair: Pair, close: bool) -> None:
    push, pull = pair
    loops = []
    for number in range(3):
        loop = asyncio.new_event_loop()
        loops.append(loop)

        async def main(number: int = number) -> None:
            waiting = pull.recv()
            await push.send(b"%d" % number)
            assert await waiting == b"%d" % number
            pull.recv()  # is left behind, and takes nothing from the next loop

        loop.run_until_complete(asyncio.wait_for(main(), SECONDS))
        if close:
            loop.close()
    for loop in loops:
        loop.close()


async def test_another_running_loop_is_refused_while_somebody_waits(pair: Pair) -> None:
    _, pull = pair
    future = pull.recv()

    async def other() -> None:
        pull.recv()

    with pytest.raises(RuntimeError, match="another event loop"):
        await asyncio.to_thread(asyncio.run, other())
    assert not future.done()


async def test_close_cancels_who_waits(context: zmq_asyncio.Context) -> None:
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)

    futures = [pull.recv(), pull.poll(), push.send(b"")]
    pull.close()
    push.close(0)
    await rounds()
    assert all(future.cancelled() for future in futures)


async def test_close_in_another_thread_cancels_who_waits(context: zmq_asyncio.Context) -> None:
    pull = context.socket(zmq.PULL)

    future = pull.recv()
    thread = threading.Thread(target=pull.close)
    thread.start()
    with pytest.raises(asyncio.CancelledError):
        await future
    await asyncio.to_thread(thread.join)


@pytest.mark.parametrize("form", ["recv", "recv_multipart", "recv_string"])
async def test_rcvtimeo_counts_from_the_call(pair: Pair, form: str) -> None:
    push, pull = pair
    receive: Callable[[], Awaitable[Any]] = getattr(pull, form)

    pull.rcvtimeo = 30
    early = receive()
    pull.rcvtimeo = -1
    late = asyncio.ensure_future(receive())
    with pytest.raises(zmq.Again):
        await early
    assert not late.done()
    await push.send(b"text")
    assert await late in (b"text", [b"text"], "text")


async def test_a_send_that_times_out_sends_nothing(context: zmq_asyncio.Context) -> None:
    push = context.socket(zmq.PUSH)
    push.sndtimeo = 20
    with pytest.raises(zmq.Again):
        await push.send(b"")
    assert push._send_futures == []
    push.sndtimeo = 0
    with pytest.raises(zmq.Again):
        await push.send_multipart([b"", b""])


async def test_sends_wait_in_order_for_room(context: zmq_asyncio.Context) -> None:
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.sndhwm = pull.rcvhwm = 1
    push.bind("inproc://room")
    pull.connect("inproc://room")
    futures = [push.send(b"%d" % number) for number in range(100)]
    assert not futures[-1].done()
    assert await received(pull, 100) == [b"%d" % number for number in range(100)]
    await asyncio.gather(*futures)


async def test_a_router_sends_to_the_peer_that_has_room(context: zmq_asyncio.Context) -> None:
    router = context.socket(zmq.ROUTER)
    router.router_mandatory = 1
    router.sndhwm = 1
    router.bind("inproc://router")
    full, free = context.socket(zmq.DEALER), context.socket(zmq.DEALER)
    for dealer, name in ((full, b"full"), (free, b"free")):
        dealer.routing_id = name
        dealer.rcvhwm = 1
        dealer.connect("inproc://router")
        await dealer.send(b"")
        await router.recv_multipart()
    while True:
        blocked = router.send_multipart([b"full", b""])
        if not blocked.done():
            break
    free_one = router.send_multipart([b"free", b"hello"])
    assert await free.recv() == b"hello"
    await free_one
    assert not blocked.done()
    await full.recv()
    await blocked


async def test_both_directions_of_a_socket(context: zmq_asyncio.Context) -> None:
    one, other = connected(context, zmq.PAIR, zmq.PAIR)

    async def echo() -> None:
        for _ in range(500):
            await other.send(await other.recv())

    task = asyncio.create_task(echo())
    waiting = [one.recv() for _ in range(500)]
    for number in range(500):
        await one.send(b"%d" % number)
    assert await asyncio.gather(*waiting) == [b"%d" % number for number in range(500)]
    await task


async def test_an_option_read_while_somebody_waits_takes_no_wakeup(pair: Pair) -> None:
    push, pull = pair
    for number in range(100):
        future = pull.recv()
        await push.send(b"%d" % number)
        while True:
            if pull.getsockopt(zmq.EVENTS):
                break
        assert await future == b"%d" % number


async def test_shadows_share_who_waits(pair: Pair) -> None:
    push, pull = pair
    first = zmq_asyncio.Socket.shadow(pull.underlying).recv()
    second = zmq_asyncio.Socket(pull).recv()
    gc.collect()
    await zmq_asyncio.Socket(push).send(b"1")
    await zmq_asyncio.Socket.from_socket(push).send(b"2")
    assert [await first, await second] == [b"1", b"2"]


def test_shadows_that_come_and_go_leave_no_descriptor(pair: Pair) -> None:
    push, pull = pair

    async def main() -> set[int]:
        for _ in range(100):
            future = zmq_asyncio.Socket(pull).recv()
            await zmq_asyncio.Socket(push).send(b"")
            await future
        return {len(zmq_asyncio.Socket(pull)._recv_futures)}

    assert run(main()) == {0}
    assert not pull.closed


def test_a_plain_socket_can_be_used_elsewhere_after_its_shadow() -> None:
    context = zmq.Context()
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.bind("inproc://plain")
    pull.connect("inproc://plain")

    async def main() -> None:
        shadow = zmq_asyncio.Socket.shadow(pull)
        future = shadow.recv()
        push.send(b"1")
        assert await future == b"1"

        def block() -> list[bytes]:
            return [pull.recv() for _ in range(1000)]

        task = asyncio.create_task(asyncio.to_thread(block))
        for number in range(1000):
            push.send(b"%d" % number)
            await asyncio.sleep(0)
        assert await task == [b"%d" % number for number in range(1000)]

    run(main())
    context.destroy(linger=0)


def test_poller_of_sockets_and_descriptors(pair: Pair) -> None:
    push, pull = pair
    near, far = stdlib_socket.socketpair()

    async def main() -> None:
        poller = zmq_asyncio.Poller()
        poller.register(pull, zmq.POLLIN)
        poller.register(near, zmq.POLLIN)
        assert await poller.poll(1) == []
        future = poller.poll()
        far.send(b"x")
        assert await future == [(near.fileno(), zmq.POLLIN)]
        near.recv(1)
        future = poller.poll(10_000)
        await push.send(b"")
        assert await future == [(pull, zmq.POLLIN)]
        await pull.recv()
        cancelled = poller.poll(10_000)
        cancelled.cancel()
        await rounds()
        assert pull._recv_futures == []

    with near, far:
        run(main())


async def test_the_end_of_the_context_ends_who_waits(context: zmq_asyncio.Context) -> None:
    pull = context.socket(zmq.PULL)

    future = pull.recv()
    ending = asyncio.create_task(asyncio.to_thread(context.term))
    with pytest.raises(zmq.ContextTerminated):
        await future
    pull.close()
    await ending
