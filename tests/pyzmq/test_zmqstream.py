"""What ZMQStream promises beyond what pyzmq's own tests look at."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest
from pyzmq_support import SECONDS, run

import zmqlite.pyzmq as zmq

tornado = pytest.importorskip("tornado.ioloop")
zmqstream = pytest.importorskip("zmqlite.pyzmq.eventloop.zmqstream")


def streams(context: Any, first: int, second: int) -> tuple[Any, Any]:
    one, other = context.socket(first), context.socket(second)
    port = one.bind_to_random_port("tcp://127.0.0.1")
    other.connect(f"tcp://127.0.0.1:{port}")
    return zmqstream.ZMQStream(one), zmqstream.ZMQStream(other)


class Inbox:
    """Keeps what a stream receives."""

    def __init__(self, stream: Any, **how: Any) -> None:
        self.messages: list[Any] = []
        self._changed = asyncio.Event()
        stream.on_recv(self._add, **how)

    def _add(self, frames: list[Any]) -> None:
        self.messages.append(frames)
        self._changed.set()

    async def wait(self, count: int) -> list[Any]:
        while True:
            if len(self.messages) >= count:
                return self.messages
            self._changed.clear()
            await self._changed.wait()


async def test_messages_come_whole_and_in_order(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    inbox = Inbox(pull)
    sent = [[b"%d" % number, b"", b"end"] for number in range(500)]
    for message in sent:
        push.send_multipart(message)
    assert push.sending()
    assert await inbox.wait(500) == sent
    assert not push.sending()


async def test_two_streams_answer_each_other(context: zmq.Context) -> None:
    dealer, router = streams(context, zmq.DEALER, zmq.ROUTER)
    inbox = Inbox(dealer)
    router.on_recv_stream(lambda stream, frames: stream.send_multipart(frames))
    for number in range(300):
        dealer.send(b"%d" % number)
    assert await inbox.wait(300) == [[b"%d" % number] for number in range(300)]


async def test_frames_without_a_copy(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    inbox = Inbox(pull, copy=False)
    push.send(b"frame")
    [[frame]] = await inbox.wait(1)
    assert frame.bytes == b"frame"


async def test_messages_wait_while_there_is_no_callback(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    inbox = Inbox(pull)
    push.send(b"0")
    await inbox.wait(1)
    pull.stop_on_recv()
    assert not pull.receiving()
    push.send(b"1")
    push.flush()
    assert await asyncio.to_thread(pull.socket.poll, 10_000) == zmq.POLLIN
    assert inbox.messages == [[b"0"]]
    assert await Inbox(pull).wait(1) == [[b"1"]]


async def test_a_callback_may_stop_the_stream(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    pull.set_close_callback(lambda: closed.set_result(None))
    pull.on_recv(lambda _: pull.close(0))
    push.send(b"1")
    push.send(b"2")
    await closed
    assert pull.closed()
    with pytest.raises(OSError, match="closed"):
        pull.on_recv(print)


async def test_on_send_tells_what_was_sent(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    told: list[Any] = []
    push.on_send(lambda frames, status: told.append((frames, status)))
    push.send(b"1")
    push.send(b"2", callback=lambda frames, status: told.append(frames))
    await Inbox(pull).wait(2)
    assert told == [([b"1"], None), [b"2"]]


def test_a_message_that_cannot_be_sent_is_told(
    context: zmq.Context, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        dealer, router = streams(context, zmq.DEALER, zmq.ROUTER)
        router.setsockopt(zmq.ROUTER_MANDATORY, 1)
        dealer.send(b"there is a peer, but not that one")
        await Inbox(router).wait(1)
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        router.send_multipart([b"nobody", b""], callback=lambda _, status: told.set_result(status))
        assert (await told).errno == zmq.EHOSTUNREACH

    with caplog.at_level(logging.ERROR):
        run(main())


async def test_flush_sends_and_receives_without_the_loop(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    push.send(b"connected")
    await Inbox(pull).wait(1)
    inbox = Inbox(pull)
    for _ in range(3):
        push.send(b"")
    assert push.flush(limit=1) == 1
    assert push.flush(zmq.POLLOUT) == 2
    count = 0
    while True:
        count += pull.flush(zmq.POLLIN, limit=1)
        if count == 3:
            break
    assert len(inbox.messages) == 3
    assert pull.flush() == 0


def test_a_callback_that_raises_does_not_end_the_stream(
    context: zmq.Context, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        push, pull = streams(context, zmq.PUSH, zmq.PULL)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def receive(frames: list[bytes]) -> None:
            if frames == [b"2"]:
                done.set_result(None)
            else:
                raise ZeroDivisionError

        pull.on_recv(receive)
        push.send(b"1")
        push.send(b"2")
        await done

    with caplog.at_level(logging.ERROR):
        run(main())
    assert "Uncaught exception in ZMQStream callback" in caplog.text


async def test_a_flood_leaves_the_loop_to_others(context: zmq.Context) -> None:
    push, pull = streams(context, zmq.PUSH, zmq.PULL)
    inbox = Inbox(pull)
    for _ in range(2000):
        push.send(b"")
    seen = set()
    while True:
        await asyncio.sleep(0)
        seen.add(len(inbox.messages))
        if len(inbox.messages) == 2000:
            break
    assert len(seen) > 100


def test_a_stream_is_made_before_its_loop_runs_in_another_thread(context: zmq.Context) -> None:
    push, pull = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    push.connect(f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}")
    loop, got, arrived = tornado.IOLoop(make_current=False), [], threading.Event()
    stream = zmqstream.ZMQStream(pull, loop)

    def receive(frames: list[bytes]) -> None:
        got.append(frames)
        arrived.set()

    stream.on_recv(receive)
    thread = threading.Thread(target=loop.start)
    thread.start()
    push.send(b"1")
    assert arrived.wait(SECONDS)
    loop.add_callback(stream.close)
    loop.add_callback(loop.stop)
    thread.join(SECONDS)
    loop.close(all_fds=True)
    assert got == [[b"1"]]
    assert pull.closed


def test_ioloop_is_the_loop_of_tornado() -> None:
    ioloop = pytest.importorskip("zmqlite.pyzmq.eventloop.ioloop")
    assert ioloop.ZMQIOLoop is ioloop.IOLoop is tornado.IOLoop
    with pytest.warns(DeprecationWarning, match="install"):
        ioloop.install()
