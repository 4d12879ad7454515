"""Typed sockets for asyncio: over real sockets, cancelled, and after messages that are none."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import pytest
from aio_support import pair, turns, waiting
from aio_support import until as eventually
from forms import BAD, FORMS, GARBAGE, TOM, bad_frames, frames_of, good
from schemas import Cat, CatFlap, DataMessage, Order

import zmqlite as zmq
from zmqlite import aio, proto
from zmqlite.proto.aio import TypedSocket

Typed: TypeAlias = TypedSocket[Any, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]


def ways(typed: Typed) -> dict[str, Receive]:
    """Every way to receive one message."""

    async def envelope() -> Any:
        return (await typed.recv_envelope()).message

    async def many() -> Any:
        return (await typed.recv_many(1))[0]

    return {"recv": typed.recv, "envelope": envelope, "iterate": typed.__anext__, "many": many}


def topic_of(codec: proto.Codec[Any]) -> bytes | None:
    return b"topic" if codec.has_topic else None


@asynccontextmanager
async def both(form: str, **options: Any) -> AsyncIterator[tuple[Typed, Typed]]:
    """A receiver and a sender of one wire form."""
    codec = FORMS[form]()
    async with pair(zmq.PULL, zmq.PUSH, **options) as (pull, push):
        yield TypedSocket(pull, codec), TypedSocket(push, codec)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


async def test_a_message_arrives_as_it_was_sent_and_who_waits_gets_it(form: str) -> None:
    async with both(form) as (receiver, sender):
        topic = topic_of(sender.framing.outgoing)
        for number, receive in enumerate(ways(receiver).values()):
            await sender.send(good(form, number), topic=topic)
            assert await receive() == good(form, number)
            receiving = asyncio.ensure_future(receive())
            await eventually(lambda: waiting(receiver.socket))
            await sender.send(good(form, number), topic=topic)
            assert await receiving == good(form, number)


@pytest.mark.parametrize("bad", BAD)
async def test_after_a_bad_message_the_next_good_one_arrives(form: str, bad: str) -> None:
    error, payload = BAD[bad]
    async with both(form) as (receiver, sender):
        codec = FORMS[form]()
        for receive in ways(receiver).values():
            raw = bad_frames(codec, payload)
            await sender.socket.send_multipart(raw)
            await sender.socket.send_multipart(frames_of(codec, good(form, 1)))
            with pytest.raises(error) as caught:
                await receive()
            assert caught.value.frames == raw
            assert await receive() == good(form, 1)


async def test_on_error_takes_the_bad_messages_and_receiving_goes_on(form: str) -> None:
    codec = FORMS[form]()
    errors: list[proto.DecodeError] = []
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        typed: Typed = TypedSocket(pull, codec, on_error=errors.append)
        at_once: Receive = partial(typed.recv, zmq.DONTWAIT)
        for receive in (*ways(typed).values(), at_once):
            for _, payload in BAD.values():
                await push.send_multipart(bad_frames(codec, payload))
            await push.send_multipart(frames_of(codec, good(form, 1)))
            assert await receive() == good(form, 1)
            assert [type(error) for error in errors] == [kind for kind, _ in BAD.values()]
            errors.clear()


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


@pytest.mark.parametrize("error", [KeyError("the handler's"), zmq.Again(11, "the handler's")])
async def test_what_on_error_raises_comes_out_of_the_receive(error: Exception) -> None:
    def refuse(_: proto.DecodeError) -> None:
        raise error

    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        typed: Typed = TypedSocket(pull, Cat, on_error=refuse)
        for receive in ways(typed).values():
            await push.send(GARBAGE)
            with pytest.raises(type(error), match="the handler's"):
                await receive()


async def test_what_was_not_subscribed_to_is_skipped() -> None:
    async with pair(zmq.XPUB, zmq.SUB) as (xpub, sub):
        codec = proto.Tagged[Any](Cat, CatFlap)
        typed, feed = TypedSocket(sub, codec), TypedSocket(xpub, codec)
        typed.subscribe_type(Cat)
        assert await xpub.recv() == b"\1zoo.Cat"
        await feed.send(CatFlap(open=True))
        await feed.send(TOM)
        assert await typed.recv() == TOM
        typed.unsubscribe_type(Cat)
        assert await xpub.recv() == b"\0zoo.Cat"
        typed.subscribe(b"zoo")
        assert await xpub.recv() == b"\1zoo"
        await feed.send(CatFlap(open=True))
        assert await typed.recv() == CatFlap(open=True)
        typed.unsubscribe(b"zoo")
        assert await xpub.recv() == b"\0zoo"


async def test_a_server_replies_to_where_a_request_came_from() -> None:
    async with pair(zmq.ROUTER, zmq.REQ) as (router, req):
        server, client = TypedSocket(router, CatFlap, Cat), TypedSocket(req, Cat, CatFlap)
        await client.send(TOM)
        request = await server.recv_envelope()
        assert request.message == TOM
        await server.send_envelope(request.reply(CatFlap(open=True)))
        assert await client.recv() == CatFlap(open=True)
        with pytest.raises(ValueError, match="a ROUTER sends to a routing id"):
            await server.send(CatFlap())


@pytest.mark.parametrize("skip", [False, True], ids=["raise", "on_error"])
async def test_a_rep_answers_a_bad_request_by_itself_and_gets_the_next_one(
    form: str, skip: bool
) -> None:
    errors: list[proto.DecodeError] = []
    codec = FORMS[form]()
    async with pair(zmq.REP, zmq.REQ) as (rep, req):
        server: Typed = TypedSocket(rep, codec, on_error=errors.append if skip else None)
        client: Typed = TypedSocket(req, codec)
        for receive, answer in zip(ways(server).values(), ways(client).values(), strict=True):
            await req.send_multipart(bad_frames(codec, GARBAGE))
            receiving = asyncio.ensure_future(receive())
            with pytest.raises(proto.RemoteError, match="does not parse"):
                await answer()
            if not skip:
                with pytest.raises(proto.DecodeError):
                    await receiving
                receiving = asyncio.ensure_future(receive())
            await req.send_multipart(frames_of(codec, good(form, 1)))
            assert await receiving == good(form, 1)
            await rep.send(b"")
            await req.recv()
    assert len(errors) == (4 if skip else 0)


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


async def test_a_million_frames_hold_the_event_loop_no_longer_than_to_receive_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    received: list[int] = []
    receive = zmq.Socket.recv_message

    def counted(socket: zmq.Socket, *arguments: Any) -> zmq.Message:
        received.append(1)
        return receive(socket, *arguments)

    monkeypatch.setattr(zmq.Socket, "recv_message", counted)
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        typed: Typed = TypedSocket(pull, proto.Bare(Cat, attachments=1))
        await push.send_multipart([b""] * 10_000)
        with pytest.raises(proto.FrameCount) as caught:
            await typed.recv_envelope()
        assert (caught.value.count, len(caught.value.frames)) == (10_000, 32)
        # An attempt that finds nothing counts, too.
        assert len(received) < 10


async def test_endpoints_and_options_are_those_of_the_socket() -> None:
    async with aio.Context(linger=0) as context:
        receiver = TypedSocket(context.socket(zmq.PULL), Cat)
        sender = TypedSocket(context.socket(zmq.PUSH), Cat)
        receiver.rcvhwm = 5
        assert receiver.socket.rcvhwm == 5
        wrong: Any = receiver
        with pytest.raises(AttributeError):
            wrong.rcvhvm = 5
        sender.connect(receiver.bind("inproc://typed"))
        await sender.send(TOM)
        assert await receiver.poll() == zmq.POLLIN
        assert await receiver.recv() == TOM


async def test_a_message_is_sent_as_it_was_when_the_wait_began(form: str) -> None:
    async with both(form, sndhwm=1, rcvhwm=1) as (receiver, sender):
        topic = topic_of(sender.framing.outgoing)
        fillers = 0
        with contextlib.suppress(zmq.Again):
            while True:
                await sender.send(good(form, 0), zmq.DONTWAIT, topic=topic)
                fillers += 1
        message = good(form, 1)
        sending = asyncio.create_task(sender.send(message, topic=topic))
        await eventually(lambda: waiting(sender.socket))
        message.CopyFrom(good(form, 2))
        for _ in range(fillers):
            assert await receiver.recv() == good(form, 0)
        await sending
        assert await receiver.recv() == good(form, 1)


async def test_what_cannot_be_encoded_sends_nothing() -> None:
    async with pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for codec, wrong, error in (
            (proto.Bare(Order), Order(), proto.EncodeError),
            (proto.Tagged(Cat), CatFlap(), TypeError),
            (proto.Bare(Cat), None, TypeError),
            (proto.Topic(Cat), TOM, TypeError),
        ):
            sender: Typed = TypedSocket(push, codec)
            for send in (sender.send(wrong), sender.send_many([wrong])):
                with pytest.raises(error):
                    await send
        typed: Typed = TypedSocket(push, Cat)
        for send in (
            typed.send(TOM, zmq.SNDMORE),
            typed.send_envelope(proto.Envelope(TOM), zmq.SNDMORE),
            typed.send_many([TOM], zmq.SNDMORE),
        ):
            with pytest.raises(ValueError, match="whole"):
                await send
        await push.send(b"next")
        assert await pull.recv_multipart() == [b"next"]


async def test_many_messages_go_and_come_at_once(form: str) -> None:
    messages = [good(form, number) for number in range(3000)]
    async with both(form, sndhwm=100, rcvhwm=100) as (receiver, sender):
        topic = topic_of(sender.framing.outgoing)
        sending = asyncio.create_task(sender.send_many(iter(messages), topic=topic))
        received: list[Any] = []
        while len(received) < 3000:
            received += await receiver.recv_many(70)
        assert received == messages
        assert await sending == 3000


async def test_a_batch_with_bad_messages_keeps_the_good_ones(form: str) -> None:
    codec = FORMS[form]()
    bad = bad_frames(codec, GARBAGE)
    async with both(form) as (receiver, sender):
        for frames in (frames_of(codec, good(form, 0)), bad, frames_of(codec, good(form, 1))):
            await sender.socket.send_multipart(frames)
        with pytest.raises(proto.BatchError, match="1 of 3 messages") as caught:
            await receiver.recv_many()
        assert caught.value.messages == [good(form, 0), good(form, 1)]
        assert caught.value.frames == bad


async def test_a_batch_that_ends_early_says_how_many_were_sent(form: str) -> None:
    messages = [good(form, number) for number in range(10)]
    async with both(form, sndhwm=2, rcvhwm=3) as (receiver, sender):
        topic = topic_of(sender.framing.outgoing)
        assert await sender.send_many(messages, zmq.DONTWAIT, topic=topic) == 5
        with pytest.raises(zmq.Again):
            await sender.send_many(messages, zmq.DONTWAIT, topic=topic)
        for number in range(5):
            assert await receiver.recv() == good(form, number)
        with pytest.raises(TimeoutError) as caught:
            async with asyncio.timeout(0.01):
                await sender.send_many(messages, topic=topic)
        count = aio.sent(caught.value)
        assert 0 < count < len(messages)
        assert [await receiver.recv() for _ in range(count)] == messages[:count]
        with pytest.raises(zmq.Again):
            await receiver.recv(zmq.DONTWAIT)


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


async def test_iteration_ends_with_the_context() -> None:
    received = []
    async with aio.Context(linger=0) as context, context.socket(zmq.PAIR) as one:
        other = context.socket(zmq.PAIR)
        other.connect(one.bind("inproc://iteration"))
        typed = TypedSocket(one, DataMessage)
        await TypedSocket(other, DataMessage).send(DataMessage(content="x"))
        async for message in typed:
            received.append(message.content)
            asyncio.get_running_loop().call_soon(context.shutdown)
    assert received == ["x"]


async def test_closing_wakes_who_waits() -> None:
    async with aio.Context(linger=0) as context:
        async with TypedSocket(context.socket(zmq.PULL), Cat) as typed:
            receiving = asyncio.create_task(typed.recv())
            await turns()
        assert typed.socket.closed
        with pytest.raises(zmq.SocketClosed):
            await receiving
        assert "zmqlite.aio.Socket PULL" in repr(typed)


async def test_typed_sockets_take_their_own_kind_of_socket() -> None:
    async with aio.Context(linger=0) as context, context.socket(zmq.PULL) as awaited:
        with pytest.raises(TypeError, match=r"zmqlite\.proto\.aio\.TypedSocket"):
            proto.TypedSocket(awaited, Cat)  # type: ignore[call-overload]  # on purpose
        socket = context.blocking.socket(zmq.PULL)
        with pytest.raises(TypeError, match=r"zmqlite\.aio\.Socket is wanted"):
            TypedSocket(socket, Cat)  # type: ignore[call-overload]  # on purpose
