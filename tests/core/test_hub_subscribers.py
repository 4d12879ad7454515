"""Waiting for subscribers: the first message reaches all of them."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from support import Make

from zmqlite import PUB, SUB, XPUB, XSUB, NotSupported, Socket, Timeout
from zmqlite.proto import TypedSocket
from zmqlite.subscribers import Subscribers

FIVE = 5000


def subscribers(make: Make, endpoint: str, *topics: bytes) -> list[Socket]:
    made = []
    for topic in topics:
        made.append(make(SUB))
        made[-1].connect(endpoint)
        made[-1].subscribe(topic)
    return made


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:*", "inproc://waiting"])
def test_no_subscriber_misses_the_first_message(make: Make, address: str) -> None:
    publisher = make(XPUB)
    made = subscribers(make, publisher.bind(address), b"a", b"a", b"", b"ab")
    taken = publisher.wait_subscribers(4, FIVE)
    assert sorted(taken) == [[b"\1"], [b"\1a"], [b"\1a"], [b"\1ab"]]
    publisher.send(b"abc")
    assert [each.recv(timeout=FIVE) for each in made] == [b"abc"] * 4


def test_a_wait_that_ran_out_is_gone_on_with(make: Make) -> None:
    publisher = make(XPUB)
    endpoint = publisher.bind("tcp://127.0.0.1:*")
    first = subscribers(make, endpoint, b"a")
    assert publisher.poll(FIVE)
    with pytest.raises(Timeout, match="1 of 2 subscriptions were there within 30 ms"):
        publisher.wait_subscribers(2, 30)
    subscribers(make, endpoint, b"a")
    assert publisher.wait_subscribers(2, FIVE) == [[b"\1a"], [b"\1a"]]
    assert publisher.wait_subscribers(2, 0) == []
    first[0].unsubscribe(b"a")
    assert publisher.poll(FIVE)
    with pytest.raises(Timeout, match="1 of 2"):
        publisher.wait_subscribers(2, 30)


def test_messages_of_an_xsub_are_returned_too(make: Make) -> None:
    publisher, upstream = make(XPUB), make(XSUB)
    upstream.connect(publisher.bind("tcp://127.0.0.1:*"))
    upstream.send_multipart([b"hello", b"there"], timeout=FIVE)
    upstream.send(b"\1topic")
    taken = publisher.wait_subscribers(1, FIVE)
    assert taken[-1] == [b"\1topic"]
    assert taken[:-1] in ([], [[b"hello", b"there"]])


def test_only_an_xpub_knows_its_subscribers(make: Make) -> None:
    with pytest.raises(NotSupported, match="wait_subscribers"):
        make(PUB).wait_subscribers(1)


@pytest.mark.parametrize("count", [-1, 1.0, None, True])
def test_the_count_is_a_number(count: Any, make: Make) -> None:
    publisher = make(XPUB)
    for wait in (publisher.wait_subscribers, publisher.wait_peers):
        with pytest.raises((TypeError, ValueError), match="count"):
            wait(count)


@pytest.mark.parametrize(
    ("topic", "expected"), [(b"", 3), (b"a", 2), (b"ab", 2), (b"abc", 2), (b"b", 1), (b"c", 0)]
)
def test_the_subscriptions_that_let_a_topic_through_count(topic: bytes, expected: int) -> None:
    known = Subscribers()
    for message in (b"\1a", b"\1ab", b"\1b", b"\1c", b"\0c", b"\0never"):
        known.take([message])
    known.take([b"\1a", b"more"])
    known.take([b""])
    assert known.count(topic) == expected


def test_a_typed_publisher_waits_too(make: Make) -> None:
    publisher = TypedSocket(make(XPUB), Timestamp)
    [subscriber] = subscribers(make, publisher.bind("tcp://127.0.0.1:*"), b"")
    publisher.wait_subscribers(1, FIVE)
    publisher.send(Timestamp(seconds=7))
    assert Timestamp.FromString(subscriber.recv(timeout=FIVE)).seconds == 7
