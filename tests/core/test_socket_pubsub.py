"""Subscriptions: what they let through, how they add up, and who sees them."""

from __future__ import annotations

from typing import Any

import pytest
from support import TRANSPORTS, Connect, Make, Pair, subscribe

from zmqlite import PUB, SUB, XPUB, XSUB, Socket, SocketType

TOPICS = [b"", b"a", b"ab", b"abc", b"b", b"\0", b"a\0b", b"\xff" * 300]


def received(subscriber: Socket, publisher: Socket) -> list[bytes]:
    """Publish every topic; those that arrive. The subscriber must have subscribed to "end"."""
    for topic in [*TOPICS, b"end"]:
        publisher.send(topic)
    arrived = []
    while (topic := subscriber.recv(timeout=5000)) != b"end":
        arrived.append(topic)
    return arrived


def starting(*prefixes: bytes) -> list[bytes]:
    return [topic for topic in TOPICS if topic.startswith(prefixes)]


@pytest.fixture(params=[PUB, XPUB])
def publisher(request: pytest.FixtureRequest, make: Make) -> Socket:
    kind: SocketType = request.param
    return make(kind)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_what_starts_with_the_topic_comes_through(
    transport: str, publisher: Socket, make: Make, connect: Connect
) -> None:
    subscriber = make(SUB)
    connect(publisher, subscriber, transport)
    subscribe(subscriber, publisher, b"end")
    for topic in [*TOPICS[1:], b"abcd", b"c", b""]:
        subscribe(subscriber, publisher, topic)
        assert received(subscriber, publisher) == starting(topic)
        subscriber.unsubscribe(topic)
        if publisher.type is XPUB:
            assert publisher.recv(timeout=5000) == b"\0" + topic


def test_the_first_frame_is_the_topic(pair: Pair) -> None:
    publisher, subscriber = pair(PUB, SUB)
    subscribe(subscriber, publisher, b"a")
    publisher.send_multipart([b"b", b"a"])
    publisher.send_multipart([b"a", b"b", b""])
    assert subscriber.recv_multipart() == [b"a", b"b", b""]
    assert not subscriber.poll(0)


@pytest.mark.parametrize("topic", [bytearray(b"\xc3\xa9"), memoryview(b"\xc3\xa9"), "\u00e9"])
def test_a_topic_is_any_buffer_or_text(topic: Any, pair: Pair) -> None:
    publisher, subscriber = pair(XPUB, SUB)
    subscriber.subscribe(topic)
    assert publisher.recv(timeout=5000) == b"\1\xc3\xa9"
    subscriber.unsubscribe(topic)
    assert publisher.recv(timeout=5000) == b"\0\xc3\xa9"


@pytest.mark.parametrize("topic", [None, 5, ["a"]])
def test_a_topic_is_bytes_or_text(topic: Any, make: Make) -> None:
    subscriber = make(SUB)
    for method in (subscriber.subscribe, subscriber.unsubscribe):
        with pytest.raises(TypeError, match=r"^(un)?subscribe takes bytes"):
            method(topic)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_xsub_subscribes_by_sending(transport: str, pair: Pair) -> None:
    publisher, subscriber = pair(XPUB, XSUB, transport)
    subscriber.send(b"\1a")
    assert publisher.recv(timeout=5000) == b"\1a"
    publisher.send(b"b")
    publisher.send(b"a")
    assert subscriber.recv(timeout=5000) == b"a"
    subscriber.send_multipart([b"for the publisher", b"frames"])
    assert publisher.recv_multipart(timeout=5000) == [b"for the publisher", b"frames"]
    subscriber.send(b"\0a")
    assert publisher.recv(timeout=5000) == b"\0a"


def test_a_manual_xpub_decides_what_a_subscription_means(make: Make, connect: Connect) -> None:
    publisher, subscriber = make(XPUB, xpub_manual=True), make(SUB)
    connect(publisher, subscriber)
    subscriber.subscribe(b"A")
    assert publisher.recv(timeout=5000) == b"\1A"
    publisher.subscribe(b"a-for-A")
    subscriber.subscribe(b"")  # so that the subscriber does not filter
    publisher.send(b"A")
    publisher.send(b"a-for-A")
    assert subscriber.recv(timeout=5000) == b"a-for-A"
    assert not subscriber.poll(0)


def test_a_subscription_is_made_anew_with_every_peer(make: Make, connect: Connect) -> None:
    subscriber = make(SUB)
    subscriber.subscribe(b"a")
    for transport in TRANSPORTS:
        publisher = make(XPUB)
        connect(publisher, subscriber, transport)
        assert publisher.recv(timeout=5000) == b"\1a"
        publisher.send(b"a")
        assert subscriber.recv(timeout=5000) == b"a"


@pytest.mark.parametrize("transport", ["inproc", "tcp"])
def test_no_subscription_is_dropped_however_many_there_are(transport: str, pair: Pair) -> None:
    count = 20_000
    publisher, subscriber = pair(XPUB, SUB, transport)
    for number in range(count):
        subscriber.subscribe(b"%d" % number)
    arrived = {publisher.recv(timeout=10_000) for _ in range(count)}
    assert arrived == {b"\1%d" % number for number in range(count)}


@pytest.mark.parametrize("kind", [SUB, XSUB])
def test_a_subscriber_has_no_mark_for_subscriptions_unless_it_is_given(
    kind: SocketType, make: Make
) -> None:
    assert make(kind).sndhwm == 0
    assert make(kind, sndhwm=7).sndhwm == 7
