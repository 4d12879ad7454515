"""What goes through a socket for asyncio, one operation at a time."""

from __future__ import annotations

import asyncio
import copy
import errno
from typing import Any

import pytest
from aio_support import pair, waiting
from aio_support import until as eventually

import zmqlite as zmq
from zmqlite import aio

LONG = bytes(200_000)
MESSAGES = [b"%d" % number for number in range(5000)]


@pytest.mark.parametrize("frames", [[b""], [b"a", b"", b"c"], [LONG, b"b"], [b"x"] * 2000])
async def test_a_message_of_several_frames_arrives_whole(frames: list[bytes]) -> None:
    async with pair(zmq.PULL, zmq.PUSH, "tcp") as (pull, push):
        await push.send_multipart(frames)
        await push.send_multipart(iter(frames))  # type: ignore[arg-type]  # still works
        assert await pull.recv_multipart() == frames
        assert await pull.recv_multipart() == frames


async def test_every_kind_of_receive_waits_too() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        buffer = bytearray(10)
        for receive, expected in (
            (pull.recv(), b"abc"),
            (pull.recv_multipart(), [b"abc"]),
            (pull.recv_string(), "abc"),
            (pull.recv_into(buffer), 3),
            (pull.recv_many(), [b"abc"]),
            (pull.__anext__(), b"abc"),
            (pull.poll(), zmq.POLLIN),
        ):
            task = asyncio.ensure_future(receive)
            await eventually(lambda: waiting(pull))
            await push.send_string("abc")
            assert await task == expected
        message = await pull.recv_message()
        assert bytes(message.data) == b"abc"
        assert bytes(buffer) == b"abc" + bytes(7)


async def test_without_waiting_there_is_either_something_or_again() -> None:
    async with pair(zmq.PULL, zmq.PUSH, sndhwm=2, rcvhwm=2) as (pull, push):
        for receive in (pull.recv, pull.recv_multipart, pull.recv_many, pull.recv_message):
            with pytest.raises(zmq.Again, match="zmq_recv"):
                await receive(flags=zmq.DONTWAIT)
        assert await push.send_many(MESSAGES, zmq.DONTWAIT) == 4
        for send in (
            push.send(b"x", zmq.DONTWAIT),
            push.send_string("x", zmq.DONTWAIT),
            push.send_multipart([b"x"], zmq.DONTWAIT),
            push.send_many([b"x"], zmq.DONTWAIT),
        ):
            with pytest.raises(zmq.Again, match="zmq_send"):
                await send
        assert await pull.recv(zmq.DONTWAIT) == b"0"


async def test_a_message_is_not_sent_in_pieces() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (_, push):
        with pytest.raises(ValueError, match="unknown flags"):
            await push.send(b"first", zmq.SNDMORE)


async def test_iteration_ends_with_the_context() -> None:
    async with aio.Context(linger=0) as context, context.socket(zmq.PAIR) as one:
        other = context.socket(zmq.PAIR)
        other.connect(one.bind("inproc://iteration"))
        received = []
        await other.send_many([b"1", b"2", b"3"])
        async for message in one:
            received.append(message)
            if len(received) == 3:
                asyncio.get_running_loop().call_later(0.01, context.shutdown)
        assert received == [b"1", b"2", b"3"]


async def test_options_are_attributes_but_for_the_timeouts() -> None:
    async with aio.Context() as context, context.socket(zmq.SUB, rcvhwm=7) as socket:
        assert (socket.rcvhwm, socket.get(zmq.Socket.rcvhwm)) == (7, 7)
        socket.linger = 3
        assert socket.linger == 3
        assert context.io_threads == 1
        socket.subscribe(b"a")
        socket.unsubscribe(b"a")
        for name in ("rcvtimeo", "sndtimeo"):
            with pytest.raises(ValueError, match=r"asyncio\.timeout"):
                setattr(socket, name, 100)
            with pytest.raises(ValueError, match=r"asyncio\.timeout"):
                getattr(socket, name)
            wrong: Any = {name: 100}
            with pytest.raises(ValueError, match=r"asyncio\.timeout"):
                context.socket(zmq.SUB, **wrong)
        with pytest.raises(TypeError, match="no_such"):
            context.socket(zmq.SUB, no_such=1)  # type: ignore[call-arg]
        with pytest.raises(AttributeError):
            socket.no_such = 1  # type: ignore[attr-defined]


async def test_a_socket_knows_its_context_and_so_does_its_monitor() -> None:
    async with aio.Context() as context, context.socket(zmq.PULL) as socket:
        assert socket.context is context
        async with socket.monitor() as monitor:
            assert monitor.socket.context is context


async def test_endpoints_are_made_and_ended() -> None:
    async with aio.Context() as context, context.socket(zmq.REP) as socket:
        real = socket.bind("tcp://127.0.0.1:*")
        socket.unbind(real)
        socket.connect("inproc://nowhere")
        socket.disconnect("inproc://nowhere")
        with pytest.raises(zmq.ZMQError, match="zmq_disconnect"):
            socket.disconnect("inproc://nowhere")


async def test_an_error_is_raised_where_the_call_is_awaited() -> None:
    async with pair(zmq.REP, zmq.REQ) as (rep, req):
        with pytest.raises(zmq.StateError):
            await req.recv()
        with pytest.raises(zmq.StateError):
            await rep.send(b"unasked")
        with pytest.raises(TypeError, match="str"):
            await req.send("text")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="list of frames"):
            await req.send_multipart(b"bytes")  # type: ignore[arg-type]
        await req.send(bytes(20))
        with pytest.raises(zmq.ZMQError) as caught:
            await rep.recv_into(bytearray(10))
        assert caught.value.errno == errno.EMSGSIZE
        assert await rep.recv() == bytes(20)  # nothing was lost


async def test_neither_sockets_nor_contexts_can_be_copied() -> None:
    async with aio.Context() as context, context.socket(zmq.PAIR) as socket:
        for each in (context, socket):
            with pytest.raises(TypeError, match="neither copied nor pickled"):
                copy.copy(each)
        assert repr(socket).startswith("<zmqlite.aio.Socket PAIR at ")
        assert "zmqlite.aio.Context" in repr(context)
    assert (socket.closed, context.closed) == (True, True)
