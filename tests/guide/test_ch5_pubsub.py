"""Publish-subscribe watched from within, with late subscribers, and with slow ones."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest
from ports import WAIT, Programs
from support import Make, Run, subscribe

import zmqlite as zmq
from examples.guide.ch5 import lvcache

END = [b"end", b""]

Subscriber = Callable[..., zmq.Socket]
Cached = Callable[..., None]


# The scenarios


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            "espresso --publisher {0} --frontend {0} --backend {1} --subscriber {1} --count 100000",
            r"\[007\] .*",
        ),
        ("suisnail --bind {0} --connect {0} --max-delay 100000", r"\d+"),
    ],
)
def test_programs_of_several_threads_end_when_they_are_told_to(
    programs: Programs, command: str, line: str, number: signal.Signals
) -> None:
    name, *arguments = command.format(programs.port(), programs.port()).split()
    program = programs.start(f"ch5.{name}", *arguments)
    program.until(line)
    program.end(number)


# The cache, between a raw publisher and raw subscribers


@pytest.fixture
def publisher(make: Make, run: Run) -> zmq.Socket:
    """The publisher of a cache that runs."""
    publisher = make(zmq.XPUB)
    publisher.bind("inproc://publisher")
    frontend, backend = make(zmq.SUB), make(zmq.XPUB, xpub_verbose=True)
    frontend.connect("inproc://publisher")
    backend.bind("inproc://cache")
    subscribe(frontend, publisher)
    run(lvcache.serve, frontend, backend)
    return publisher


@pytest.fixture
def subscriber(make: Make) -> Subscriber:
    """Make a subscriber of the cache."""

    def subscriber(*topics: bytes) -> zmq.Socket:
        socket = make(zmq.SUB, rcvtimeo=WAIT)
        for topic in topics:
            socket.subscribe(topic)
        socket.connect("inproc://cache")
        return socket

    return subscriber


@pytest.fixture
def cached(publisher: zmq.Socket, subscriber: Subscriber) -> Cached:
    """Publish messages, and come back when the cache has them."""

    def cached(*messages: list[bytes]) -> None:
        for message in (*messages, END):
            publisher.send_multipart(message)
        assert subscriber(b"end").recv_multipart() == END

    return cached


def test_a_subscriber_gets_the_last_of_its_topic(cached: Cached, subscriber: Subscriber) -> None:
    cached([b"a", b"1"], [b"b", b"2"], [b"a", b"3"])
    for topic, value in (*((b"a", b"3"),) * 3, (b"b", b"2"), (b"c", None)):
        late = subscriber(topic, b"end")
        if value:
            assert late.recv_multipart() == [topic, value]
        assert late.recv_multipart() == END


@pytest.mark.parametrize("topic", [b"", b"a", b"ab\0", b"abc"])
def test_only_the_topic_is_looked_up(cached: Cached, subscriber: Subscriber, topic: bytes) -> None:
    cached([b"ab", b"1"])
    late = subscriber(topic, b"end")
    assert late.recv_multipart() == END


def test_all_that_is_published_passes_unchanged(
    publisher: zmq.Socket, cached: Cached, subscriber: Subscriber
) -> None:
    cached()
    listening = subscriber(b"", b"end")
    assert listening.recv_multipart() == END
    messages = [[b"a", b"1"], [b"a"], [b"", b""], [b"b", b"\0\xff", b"", b"x" * 100_000], END]
    for message in messages:
        publisher.send_multipart(message)
    assert [listening.recv_multipart() for _ in messages] == messages


@pytest.mark.parametrize(
    "message",
    [[b"\0a"], [b""], [b"\2a"], [b"a"], [b"\xff" * 1000], [b"a", b"\1a"], [b"", b"\1a", b""]],
)
def test_what_is_no_subscription_sends_nothing(
    make: Make, cached: Cached, subscriber: Subscriber, message: list[bytes]
) -> None:
    cached([b"a", b"1"])
    listening = subscriber(b"", b"end")  # to all that is sent, to whomsoever
    assert listening.recv_multipart() == END
    raw = make(zmq.XSUB)
    raw.connect("inproc://cache")
    raw.send(b"\1a")
    assert listening.recv_multipart() == [b"a", b"1"]
    raw.send_multipart(message)
    raw.send(b"\1end")
    assert listening.recv_multipart() == END
