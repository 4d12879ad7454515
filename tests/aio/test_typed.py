"""Typed sockets for asyncio: over real sockets, cancelled, and after messages that are none."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, TypeAlias

import pytest
from aio_support import pair, waiting
from aio_support import until as eventually
from forms import FORMS, GARBAGE, TOM, good
from schemas import Cat

import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto.aio import TypedSocket

Typed: TypeAlias = TypedSocket[Any, Any]


@pytest.mark.parametrize("form", FORMS)
async def test_who_waits_gets_the_message_as_it_was_when_the_sender_began(form: str) -> None:
    codec = FORMS[form]()
    topic = b"topic" if codec.has_topic else None
    async with pair(zmq.PULL, zmq.PUSH, sndhwm=1, rcvhwm=1) as (pull, push):
        receiver, sender = TypedSocket(pull, codec), TypedSocket(push, codec)
        for receive in (receiver.recv, receiver.recv_envelope, receiver.__anext__):
            receiving = asyncio.ensure_future(receive())
            await eventually(lambda: waiting(pull))
            await sender.send(good(form, 0), topic=topic)
            assert getattr(await receiving, "message", receiving.result()) == good(form, 0)
        fillers = await sender.send_many([good(form, 0)] * 10, zmq.DONTWAIT, topic=topic)
        message = good(form, 1)
        sending = asyncio.create_task(sender.send(message, topic=topic))
        await eventually(lambda: waiting(push))
        message.CopyFrom(good(form, 2))
        for _ in range(fillers):
            assert await receiver.recv() == good(form, 0)
        await sending
        assert await receiver.recv() == good(form, 1)


@pytest.mark.parametrize("form", FORMS)
async def test_a_batch_that_times_out_says_how_many_were_sent(form: str) -> None:
    codec = FORMS[form]()
    messages = [good(form, number) for number in range(10)]
    async with pair(zmq.PULL, zmq.PUSH, sndhwm=2, rcvhwm=3) as (pull, push):
        receiver, sender = TypedSocket(pull, codec), TypedSocket(push, codec)
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.01):
                await sender.send_many(messages, topic=b"topic" if codec.has_topic else None)
        count = aio.sent(caught.value)
        assert 0 < count < len(messages)
        assert [await receiver.recv() for _ in range(count)] == messages[:count]
        with pytest.raises(zmq.Again):
            await receiver.recv(zmq.DONTWAIT)


async def test_a_flood_of_bad_messages_is_skipped_and_other_tasks_run_meanwhile() -> None:
    count = 5000
    errors: list[proto.DecodeError] = []
    async with aio.Context(linger=0, time_slice=0) as context:
        pull, push = (context.socket(kind, sndhwm=0, rcvhwm=0) for kind in (zmq.PULL, zmq.PUSH))
        push.connect(pull.bind("inproc://flood"))
        typed: Typed = TypedSocket(pull, Cat, on_error=errors.append)
        await push.send_many([GARBAGE] * count)
        await push.send(TOM.SerializeToString())
        seen: list[int] = []

        async def other() -> None:
            while True:
                seen.append(len(errors))
                await asyncio.sleep(0)

        looking = asyncio.create_task(other())
        assert await typed.recv() == TOM
        looking.cancel()
        assert len(errors) == count
        assert len(seen) > count / 2
        with pytest.raises(zmq.Again):
            await typed.recv(zmq.DONTWAIT)
        await push.send_many([GARBAGE] * count)
        with pytest.raises(zmq.Again):  # and not after all of them
            await typed.recv(zmq.DONTWAIT)
        assert count < len(errors) < 2 * count


async def test_a_cancelled_receive_of_a_rep_has_answered_all_the_same() -> None:
    async with aio.Context(linger=0, time_slice=0) as context:  # each call lets other tasks run
        rep, req = context.socket(zmq.REP), context.socket(zmq.REQ)
        req.connect(rep.bind("inproc://cancelled"))
        server, client = TypedSocket(rep, Cat), TypedSocket(req, Cat)
        failed = asyncio.Event()

        class Refused(TypedSocket[Any, Any]):
            def _failed(self, error: proto.DecodeError) -> None:
                failed.set()
                raise error

        server = Refused(rep, Cat)
        receiving = asyncio.create_task(server.recv())
        await req.send(GARBAGE)
        await failed.wait()
        receiving.cancel()
        with pytest.raises(proto.RemoteError):
            await client.recv()
        with contextlib.suppress(asyncio.CancelledError, proto.DecodeError):
            await receiving
        await client.send(TOM)
        assert await server.recv() == TOM


async def test_a_batch_that_is_cancelled_loses_no_message() -> None:
    codec = FORMS["topic"]()
    async with aio.Context(linger=0, time_slice=0) as context:  # each call lets other tasks run
        pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        push.connect(pull.bind("inproc://batches"))
        receiver, sender = TypedSocket(pull, codec), TypedSocket(push, codec)
        messages = [good("topic", number) for number in range(500)]
        sending = asyncio.create_task(sender.send_many(messages, topic=b"topic"))
        received: list[Any] = []
        rounds = 0
        while len(received) < 500:
            rounds += 1
            task = asyncio.create_task(receiver.recv_many(10))
            for _ in range(rounds % 5):
                await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                received += await task
        assert received == messages
        await sending


async def test_attachments_of_messages_are_not_mixed_up_between_tasks() -> None:
    codec = proto.Bare(Cat, attachments=3)
    got: dict[str, list[bytes]] = {}

    async def receive(typed: Typed) -> None:
        for _ in range(50):
            envelope = await typed.recv_envelope()
            got[envelope.message.name] = [bytes(each) for each in envelope.attachments]

    async with aio.Context(linger=0, time_slice=0) as context:  # other tasks run all the time
        pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        push.connect(pull.bind("tcp://127.0.0.1:*"))
        receiver, sender = TypedSocket(pull, codec), TypedSocket(push, codec)
        tasks = [asyncio.create_task(receive(receiver)) for _ in range(4)]
        for number in range(200):
            envelope = proto.Envelope(Cat(name=str(number)), attachments=[b"%d" % number] * 3)
            await sender.send_envelope(envelope)
        await asyncio.gather(*tasks)
    assert got == {str(number): [b"%d" % number] * 3 for number in range(200)}
