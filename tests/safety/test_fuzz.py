"""Arbitrary arguments for every public function: it works, or raises one of a few exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import Make, Pair

import zmqlite as zmq
from zmqlite.context_options import ALL_CONTEXT_OPTIONS
from zmqlite.socket_options import ALL_SOCKET_OPTIONS

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=[30, pytest.param(400, marks=pytest.mark.slow)])
def bounded(request: pytest.FixtureRequest) -> settings:
    """How many arguments are tried."""
    return settings(max_examples=request.param, database=None)


NUMBERS = st.integers() | st.integers(-(2**33), 2**33) | st.sampled_from([2**31, 2**32, 2**63])
BUFFERS: st.SearchStrategy[Any] = (
    st.binary(max_size=300)
    | st.builds(bytearray, st.binary(max_size=50))
    | st.builds(lambda data: memoryview(data), st.binary(max_size=50))
    | st.builds(lambda data: memoryview(data)[::2], st.binary(max_size=50))
    | st.just(bytes(70_000))
    | st.builds(zmq.Message, st.binary(max_size=50))
)
JUNK: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | NUMBERS
    | st.floats()
    | st.text(max_size=20)
    | BUFFERS
    | st.lists(st.none() | st.binary(max_size=5), max_size=3)
    | st.just(object())
)
FLAGS = st.sampled_from([0, zmq.DONTWAIT, zmq.SNDMORE, 3, 4, -1]) | JUNK
# Nothing that would wait for long: neither None nor -1, nor a large number of milliseconds.
TIMEOUTS = st.sampled_from([0, 1, -2, 2**31, 2**80, 0.5, True, "1", b"1", float("nan")])


@contextmanager
def works_or_raises() -> Iterator[None]:
    """Let what is documented pass; OverflowError, KeyError, SystemError and the like are bugs."""
    with suppress(zmq.ZMQError, TypeError, ValueError, AttributeError):
        yield


def test_sending(pair: Pair, bounded: settings) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    calls = [a.send, a.send_multipart, a.send_many, a.send_string]
    frames = st.lists(BUFFERS | JUNK, max_size=4) | BUFFERS | JUNK

    @bounded
    @given(st.sampled_from(calls), frames, FLAGS, TIMEOUTS)
    def attempt(call: Callable[..., Any], what: Any, flags: Any, timeout: Any) -> None:
        with works_or_raises():
            call(what, flags, timeout=timeout)
        with works_or_raises():
            call(what, zmq.DONTWAIT)
        while b.poll(0):
            b.recv_multipart(zmq.DONTWAIT)

    attempt()
    a.send(b"end")
    assert b.recv_multipart(timeout=1000)[-1] == b"end"


def test_receiving(pair: Pair, bounded: settings) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    sent = [[b"x"], [b"x", b"", b"y" * 9000], [b"\xff"], [bytes(70_000)]]
    calls: list[Callable[..., Any]] = [
        b.recv,
        b.recv_multipart,
        b.recv_string,
        b.recv_message,
        lambda flags, timeout: b.recv_many(flags, timeout=timeout),
        lambda flags, timeout: b.recv_many(5, flags, timeout=timeout),
        lambda flags, timeout: b.recv_into(flags, timeout=timeout),
        lambda flags, timeout: b.recv_into(bytearray(5), flags, timeout=timeout),
        lambda flags, timeout: b.recv_string(flags, encoding="ascii", timeout=timeout),
    ]

    @bounded
    @given(st.sampled_from(calls), FLAGS, TIMEOUTS, st.none() | st.sampled_from(sent))
    def attempt(
        call: Callable[..., Any], flags: Any, timeout: Any, message: list[bytes] | None
    ) -> None:
        if message:
            a.send_multipart(message)
        with works_or_raises():
            call(flags, timeout=timeout)
        while b.poll(0):
            b.recv_multipart(zmq.DONTWAIT)

    attempt()
    a.send(b"end")
    assert b.recv_multipart(timeout=1000)[-1] == b"end"


def test_endpoints(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounded: settings
) -> None:
    monkeypatch.chdir(tmp_path)  # where relative ipc paths lead
    transports = ["tcp", "udp", "ipc", "inproc", "tipc", "ws", "vmci", "TCP", "", "x" * 300]
    # No names, which libzmq would look up in the network, on a thread that term() waits for.
    addresses = st.text("0123456789.:*;[]@%-+ \0\xe9\ud800", max_size=30) | st.sampled_from(
        ["127.0.0.1:0", "127.0.0.1:*", "*:*", "[::1]:*", "lo:*", "x" * 500, "@" + "x" * 120]
    )
    endpoints = (
        st.builds("{}://{}".format, st.sampled_from(transports), addresses)
        | st.text(max_size=20)
        | JUNK
    )
    kinds = list(zmq.SocketType)

    @bounded
    @given(st.sampled_from(kinds), st.lists(endpoints, min_size=1, max_size=3))
    def attempt(kind: zmq.SocketType, names: list[Any]) -> None:
        with make(kind) as socket:
            for name in names:
                for call in (socket.bind, socket.connect, socket.disconnect, socket.unbind):
                    with works_or_raises():
                        call(name)

    attempt()


def test_options_of_a_socket(make: Make, bounded: settings) -> None:
    numbers = [row.number for row in ALL_SOCKET_OPTIONS.values()]
    rows = st.sampled_from([*ALL_SOCKET_OPTIONS.values()]) | st.sampled_from(numbers) | JUNK

    @bounded
    @given(
        st.sampled_from(list(zmq.SocketType)),
        st.lists(st.tuples(rows | st.integers(0, 200), JUNK), min_size=1, max_size=10),
    )
    def attempt(kind: zmq.SocketType, changes: list[tuple[Any, Any]]) -> None:
        with make(kind) as socket:
            for option, value in changes:
                with works_or_raises():
                    socket.set(option, value)
                with works_or_raises():
                    socket.get(option)
            socket.linger = 0
            with works_or_raises():
                socket.bind("tcp://127.0.0.1:*")
            with works_or_raises():
                socket.connect("tcp://127.0.0.1:9")
            with works_or_raises():
                socket.send(b"x", zmq.DONTWAIT)

    attempt()


def test_options_of_a_context(bounded: settings) -> None:
    names = st.sampled_from([*ALL_CONTEXT_OPTIONS]) | st.text(max_size=10)
    numbers = st.integers(-5, 200) | JUNK

    @bounded
    @given(
        JUNK | st.integers(-2, 3),
        JUNK | st.integers(-2, 300),
        st.dictionaries(names, JUNK, max_size=3),
        st.lists(st.tuples(numbers, JUNK), max_size=5),
    )
    def attempt(
        threads: Any, linger: Any, options: dict[str, Any], changes: list[tuple[Any, Any]]
    ) -> None:
        with works_or_raises(), zmq.Context(threads, linger, **options) as context:
            for number, value in changes:
                with works_or_raises():
                    context.set(number, value)
                with works_or_raises():
                    context.get(number)
            with works_or_raises():
                context.socket(linger, **options).close()
            with works_or_raises():
                context.socket(zmq.PUSH).close()

    attempt()


def test_polling(make: Make, bounded: settings) -> None:
    ready, closed = make(zmq.PUB), make(zmq.PULL)
    closed.close()
    items = st.sampled_from([ready, closed, 0, 1, -1, 2**31, 2**40]) | JUNK
    events = st.integers(-1, 20) | JUNK

    @bounded
    @given(st.lists(st.tuples(items, events), max_size=4), TIMEOUTS)
    def attempt(registered: list[tuple[Any, Any]], timeout: Any) -> None:
        poller = zmq.Poller()
        for item, mask in registered:
            with works_or_raises():
                poller.register(item, mask)
        with works_or_raises():
            poller.poll(timeout)
        for item, mask in registered:
            for call in (partial(poller.modify, item, mask), partial(poller.unregister, item)):
                with suppress(KeyError), works_or_raises():
                    call()
            with works_or_raises():
                ready.poll(timeout, mask)

    attempt()


def test_messages(pair: Pair, bounded: settings) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)

    @bounded
    @given(JUNK, JUNK)
    def attempt(data: Any, name: Any) -> None:
        with works_or_raises():
            message = zmq.Message(data)
            assert len(message) == len(bytes(message)) == message.data.nbytes
            assert not message.more
            with works_or_raises():
                assert message.metadata(name) is None
            a.send(message)
            assert bytes(b.recv_message()) == bytes(message)

    attempt()


def test_keys_and_text(bounded: settings) -> None:
    calls = [zmq.curve_public, zmq.z85_encode, zmq.z85_decode, zmq.has]
    keys = st.binary(min_size=38, max_size=42) | st.text(min_size=38, max_size=42)

    @bounded
    @given(st.sampled_from(calls), JUNK | keys)
    def attempt(call: Callable[..., Any], what: Any) -> None:
        with works_or_raises():
            call(what)

    attempt()


def test_monitors(make: Make, bounded: settings) -> None:
    @bounded
    @given(JUNK | st.integers(0, 2**16), FLAGS, TIMEOUTS)
    def attempt(events: Any, flags: Any, timeout: Any) -> None:
        with make(zmq.PULL) as socket, works_or_raises(), socket.monitor(events) as monitor:
            with works_or_raises():
                socket.bind("tcp://127.0.0.1:*")
            with works_or_raises():
                monitor.recv(flags, timeout=timeout)
            with works_or_raises():
                socket.monitor(events).close()

    attempt()


def test_proxies(make: Make, bounded: settings) -> None:
    sockets = make(zmq.PULL), make(zmq.PUSH)
    things = st.sampled_from(sockets) | JUNK
    stopper = make(zmq.PAIR)
    control = make(zmq.PAIR)
    stopper.connect(control.bind("inproc://fuzzed-control"))

    @bounded
    @given(things, things, things | st.none())
    def attempt(front: Any, back: Any, capture: Any) -> None:
        stopper.send(b"TERMINATE")
        with works_or_raises():
            zmq.proxy_steerable(front, back, capture, control)
        while control.poll(0):
            control.recv()

    attempt()
