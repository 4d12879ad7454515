"""Typed sockets over real sockets, blocking and with asyncio: one suite for both drivers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from drivers import Driver
from forms import BAD, FORMS, GARBAGE, TOM, bad_frames, frames_of, good
from schemas import Cat, CatFlap, DataMessage, Order

import zmqlite as zmq
from zmqlite import proto
from zmqlite.proto.aio import TypedSocket as AwaitedTypedSocket

OPEN = CatFlap(open=True)


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ways(typed: Any) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Every way to receive one message."""

    async def envelope() -> Any:
        return (await typed.recv_envelope()).message

    async def many() -> Any:
        return (await typed.recv_many(1))[0]

    at_once = partial(typed.recv, zmq.DONTWAIT)
    iterate = typed.__anext__
    found = {"recv": typed.recv, "envelope": envelope, "iterate": iterate, "many": many}
    return {**found, "dontwait": at_once}


def topic_of(codec: proto.Codec[Any]) -> bytes | None:
    return b"topic" if codec.has_topic else None


@asynccontextmanager
async def both(driver: Driver, form: str, **options: Any) -> AsyncIterator[tuple[Any, Any]]:
    """A receiver and a sender of one wire form."""
    codec = FORMS[form]()
    async with driver.pair(zmq.PULL, zmq.PUSH, **options) as (pull, push):
        yield driver.typed(pull, codec), driver.typed(push, codec)


async def test_a_message_arrives_as_it_was_sent(driver: Driver, form: str) -> None:
    async with both(driver, form) as (receiver, sender):
        topic = topic_of(FORMS[form]())
        for number, receive in enumerate(ways(receiver).values()):
            await sender.send(good(form, number), topic=topic)
            assert await receive() == good(form, number)


@pytest.mark.parametrize("bad", BAD)
async def test_after_a_bad_message_the_next_one_arrives(
    driver: Driver, form: str, bad: str
) -> None:
    error, payload = BAD[bad]
    codec = FORMS[form]()
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for receive in ways(driver.typed(pull, codec)).values():
            raw = bad_frames(codec, payload)
            for number in range(2):
                await push.send_multipart(raw)
                await push.send_multipart(frames_of(codec, good(form, number)))
            for number in range(2):
                with pytest.raises(error) as caught:
                    await receive()
                assert caught.value.frames == raw
                assert await receive() == good(form, number)


@pytest.mark.parametrize("name", ["tagged", "tagged-topic"])
async def test_after_an_unknown_type_the_next_message_arrives(driver: Driver, name: str) -> None:
    codec = FORMS[name]()
    raw = [b"topic", b"zoo.Dog", b""][-1 - codec.head :]
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for receive in ways(driver.typed(pull, codec)).values():
            await push.send_multipart(raw)
            await push.send_multipart(frames_of(codec, TOM))
            with pytest.raises(proto.UnknownType) as caught:
                await receive()
            assert caught.value.frames == raw
            assert await receive() == TOM


async def test_on_error_takes_bad_messages_and_receiving_goes_on(driver: Driver, form: str) -> None:
    codec = FORMS[form]()
    errors: list[proto.DecodeError] = []
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for receive in ways(driver.typed(pull, codec, on_error=errors.append)).values():
            for _, payload in BAD.values():
                await push.send_multipart(bad_frames(codec, payload))
            await push.send_multipart(frames_of(codec, good(form, 1)))
            assert await receive() == good(form, 1)
            assert [type(error) for error in errors] == [kind for kind, _ in BAD.values()]
            errors.clear()


async def test_a_missing_required_field_is_found_however_it_is_received(driver: Driver) -> None:
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for receive in ways(driver.typed(pull, Order)).values():
            await push.send(b"")
            with pytest.raises(proto.DecodeError, match="a required field is missing"):
                await receive()


@pytest.mark.parametrize("error", [KeyError("the handler's"), zmq.Again(11, "the handler's")])
async def test_what_on_error_raises_comes_out_of_a_recv(driver: Driver, error: Exception) -> None:
    def refuse(_: proto.DecodeError) -> None:
        raise error

    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for receive in ways(driver.typed(pull, Cat, on_error=refuse)).values():
            await push.send(GARBAGE)
            with pytest.raises(type(error), match="the handler's"):
                await receive()


async def test_what_cannot_be_encoded_sends_nothing(driver: Driver) -> None:
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        for codec, wrong, error in (
            (proto.Bare(Order), Order(), proto.EncodeError),
            (proto.Bare(Cat, limit=8), Cat(name="x" * 10), proto.EncodeError),
            (proto.Tagged(Cat), OPEN, TypeError),
            (proto.Bare(Cat), None, TypeError),
            (proto.Bare(Cat), OPEN, TypeError),
            (proto.Topic(Cat), TOM, TypeError),
        ):
            sender = driver.typed(push, codec)
            for send in (sender.send(wrong), sender.send_many([wrong])):
                with pytest.raises(error):
                    await send
        typed = driver.typed(push, Cat)
        for send in (
            typed.send(TOM, zmq.SNDMORE),
            typed.send_envelope(proto.Envelope(TOM), zmq.SNDMORE),
            typed.send_many([TOM], zmq.SNDMORE),
        ):
            with pytest.raises(ValueError, match="whole"):
                await send
        await push.send(b"next")
        assert await pull.recv_multipart() == [b"next"]


async def test_many_messages_go_and_come_at_once(driver: Driver, form: str) -> None:
    messages = [good(form, number) for number in range(1500)]
    async with both(driver, form, sndhwm=0, rcvhwm=0) as (receiver, sender):
        topic = topic_of(FORMS[form]())
        assert await sender.send_many(iter(messages), topic=topic) == 1500
        received: list[Any] = []
        while len(received) < 1500:
            batch = await receiver.recv_many(700)
            assert 1 <= len(batch) <= 700
            received += batch
        assert received == messages


async def test_a_batch_with_bad_messages_keeps_the_good_ones(driver: Driver, form: str) -> None:
    codec = FORMS[form]()
    bad = bad_frames(codec, GARBAGE)
    sent = [frames_of(codec, good(form, 0)), bad, frames_of(codec, good(form, 1)), bad]
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        typed = driver.typed(pull, codec)
        for frames in sent:
            await push.send_multipart(frames)
        with pytest.raises(proto.BatchError, match="2 of 4 messages") as caught:
            await typed.recv_many()
        assert caught.value.messages == [good(form, 0), good(form, 1)]
        assert [error.frames for error in caught.value.errors] == [bad, bad]
        assert caught.value.frames == bad
        await push.send_multipart(sent[0])
        assert await typed.recv_many() == [good(form, 0)]


async def test_a_partly_sent_batch_says_how_many(driver: Driver, form: str) -> None:
    messages = [good(form, number) for number in range(10)]
    async with both(driver, form, sndhwm=2, rcvhwm=3) as (receiver, sender):
        topic = topic_of(FORMS[form]())
        assert await sender.send_many(messages, zmq.DONTWAIT, topic=topic) == 5
        with pytest.raises(zmq.Again):
            await sender.send_many(messages, zmq.DONTWAIT, topic=topic)
        assert [await receiver.recv() for _ in range(5)] == messages[:5]


async def test_iteration_ends_with_the_context(driver: Driver) -> None:
    received = []
    async with driver.context() as context:
        one, other = (driver.socket(context, zmq.PAIR) for _ in range(2))
        other.connect(one.bind("inproc://iteration"))
        await driver.typed(other, DataMessage).send(DataMessage(content="x"))
        async for message in driver.typed(one, DataMessage):
            received.append(message.content)
            context.shutdown()
    assert received == ["x"]


async def test_frames_that_are_too_many_are_counted_but_not_kept(driver: Driver) -> None:
    async with driver.pair(zmq.PULL, zmq.PUSH) as (pull, push):
        await push.send_multipart([b""] * 10_000)
        with pytest.raises(proto.FrameCount) as caught:
            await driver.typed(pull, proto.Bare(Cat, attachments=1)).recv_envelope()
        assert (caught.value.count, len(caught.value.frames)) == (10_000, 32)


async def test_endpoints_options_and_the_end_are_those_of_the_socket(driver: Driver) -> None:
    async with driver.context() as context:
        pull, push = driver.socket(context, zmq.PULL), driver.socket(context, zmq.PUSH)
        receiver, sender = driver.typed(pull, Cat), driver.typed(push, Cat)
        typed = getattr(receiver, "blocking", receiver)
        assert typed.socket is getattr(pull, "blocking", pull)
        typed.rcvhwm = 5
        assert pull.rcvhwm == typed.rcvhwm == typed.get(zmq.Socket.rcvhwm) == 5
        typed.set(zmq.Socket.rcvhwm, 7)
        assert pull.rcvhwm == 7
        with pytest.raises(AttributeError):
            typed.rcvhvm = 5
        assert not hasattr(typed, "__dict__")
        assert typed.type is zmq.PULL
        endpoint = typed.bind("inproc://typed")
        sender.connect(endpoint)
        await sender.send(TOM)
        polled = typed.poll(1000) if driver.is_blocking else await typed.poll()
        assert polled == zmq.POLLIN
        assert await receiver.recv() == TOM
        sender.disconnect(endpoint)
        typed.unbind(endpoint)
        assert "Bare(zoo.Cat)" in repr(typed)
        assert not typed.closed
        if driver.is_blocking:
            with typed as same:
                assert same is typed
        else:
            async with typed as same:
                assert same is typed
        assert typed.closed
        assert pull.closed
        push.close()


async def test_typed_sockets_take_their_own_kind_of_socket(driver: Driver) -> None:
    other = Driver("asyncio" if driver.is_blocking else "blocking")
    wrong: Any = proto.TypedSocket if driver.is_blocking else AwaitedTypedSocket
    async with other.context() as context:
        socket = other.socket(context, zmq.PULL)
        for each in (getattr(socket, "blocking", socket), b"socket"):
            with pytest.raises(TypeError, match=r"zmqlite\.proto\.aio\.TypedSocket|is wanted"):
                wrong(each, Cat)
        socket.close()


# Subscriptions


async def test_types_select_their_messages_and_not_those_that_begin_alike(driver: Driver) -> None:
    """They are counted as libzmq counts subscriptions; a topic brings in what begins alike."""
    codec = proto.Tagged[Any](Cat, CatFlap)
    async with driver.pair(zmq.XPUB, zmq.SUB) as (xpub, sub):
        typed, feed = driver.typed(sub, codec), driver.typed(xpub, codec)
        for _ in range(2):
            typed.subscribe_type(Cat)
        assert await xpub.recv() == b"\1zoo.Cat"
        typed.unsubscribe_type(Cat)
        typed.unsubscribe_type(CatFlap)
        for message in (OPEN, TOM, OPEN, Cat(name="Kit")):
            await feed.send(message)
        await xpub.send_multipart([b"zoo.Catfish", b""])
        assert await typed.recv() == TOM
        assert (await typed.recv_envelope()).message == Cat(name="Kit")
        with pytest.raises(zmq.Again):
            await typed.recv(zmq.DONTWAIT)
        await feed.send_many([OPEN, TOM, OPEN])
        assert await typed.recv_many() == [TOM]
        typed.subscribe(b"zoo.CatF")
        assert await xpub.recv() == b"\1zoo.CatF"
        await feed.send(OPEN)
        assert await typed.recv() == OPEN
        typed.unsubscribe(b"zoo.CatF")
        assert await xpub.recv() == b"\0zoo.CatF"
        typed.unsubscribe_type(Cat)
        assert await xpub.recv() == b"\0zoo.Cat"
        typed.subscribe()
        assert await xpub.recv() == b"\1"
        await feed.send(OPEN)
        assert await typed.recv() == OPEN


# Requests and replies


async def test_a_request_and_its_reply_have_types_of_their_own(driver: Driver) -> None:
    async with driver.pair(zmq.ROUTER, zmq.REQ) as (router, req):
        server, client = driver.typed(router, CatFlap, Cat), driver.typed(req, Cat, CatFlap)
        with pytest.raises(TypeError, match="does not encode CatFlap"):
            await client.send(OPEN)
        await client.send(TOM)
        request = await server.recv_envelope()
        assert request.message == TOM
        await server.send_envelope(request.reply(OPEN))
        assert await client.recv() == OPEN
        for send in (server.send(OPEN), server.send_many([OPEN])):
            with pytest.raises(ValueError, match="a ROUTER sends to a routing id"):
                await send


@pytest.mark.parametrize("skip", [False, True], ids=["raise", "on_error"])
async def test_a_rep_answers_a_bad_request_by_itself_and_gets_the_next_one(
    driver: Driver, form: str, skip: bool
) -> None:
    codec = FORMS[form]()
    errors: list[proto.DecodeError] = []
    async with driver.pair(zmq.REP, zmq.REQ) as (rep, req):
        server = driver.typed(rep, codec, on_error=errors.append if skip else None)
        client = driver.typed(req, codec)
        receives, answers = list(ways(server).values()), list(ways(client).values())
        for receive, answer in zip(receives, answers, strict=True):
            for error, payload in BAD.values():
                await req.send_multipart(bad_frames(codec, payload))
                with pytest.raises(zmq.Again if skip else error):
                    await (server.recv(zmq.DONTWAIT) if skip else receive())
                with pytest.raises(proto.RemoteError) as caught:
                    await answer()
                assert caught.value.reason == error.reply
            await req.send_multipart(frames_of(codec, good(form, 1)))
            assert await receive() == good(form, 1)
            await rep.send(b"")
            await req.recv()
        assert len(errors) == (len(receives) * len(BAD) if skip else 0)
