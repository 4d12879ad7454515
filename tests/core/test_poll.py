"""Waiting for several sockets and descriptors at once."""

from __future__ import annotations

import io
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import Connect, Make, Pair, Run, eventually, inside

import zmqlite as zmq


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, io.FileIO]]:
    """The reading and the writing end of a pipe."""
    reader, writer = os.pipe()
    with open(reader, "rb", 0) as there, open(writer, "wb", 0) as here:
        yield there, here


def test_a_poller_knows_what_is_registered(make: Make, pipe: tuple[io.FileIO, io.FileIO]) -> None:
    poller, a, b = zmq.Poller(), make(zmq.PULL), make(zmq.PUSH)
    assert len(poller) == 0
    assert a not in poller
    poller.register(a, zmq.POLLIN)
    poller.register(b)
    poller.register(pipe[0], zmq.POLLIN)
    poller.register(pipe[0].fileno(), zmq.POLLIN)  # another item for the same descriptor
    assert len(poller) == 4
    assert a in poller
    assert b in poller
    assert pipe[0] in poller
    assert pipe[0].fileno() in poller
    assert pipe[1] not in poller
    poller.unregister(a)
    assert len(poller) == 3
    assert a not in poller


def test_what_happened_is_told_with_where(pair: Pair, pipe: tuple[io.FileIO, io.FileIO]) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    reader, writer = pipe
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    poller.register(b, zmq.POLLIN | zmq.POLLOUT)
    poller.register(reader, zmq.POLLIN)
    poller.register(writer.fileno(), zmq.POLLOUT)
    assert poller.poll(0) == [(b, zmq.POLLOUT), (writer.fileno(), zmq.POLLOUT)]
    b.send(b"frame")
    writer.write(b"bytes")
    found = poller.poll()
    assert found == [
        (a, zmq.POLLIN),
        (b, zmq.POLLOUT),
        (reader, zmq.POLLIN),
        (writer.fileno(), zmq.POLLOUT),
    ]
    assert all(isinstance(events, zmq.Event) for _, events in found)
    a.send(b"frame")
    assert dict(poller.poll())[b] == zmq.POLLIN | zmq.POLLOUT


def test_registering_again_changes_the_events(pair: Pair) -> None:
    a, b = pair(zmq.PAIR, zmq.PAIR)
    poller = zmq.Poller()
    poller.register(a, zmq.POLLIN)
    assert poller.poll(0) == []
    poller.register(a, zmq.POLLOUT)
    assert len(poller) == 1
    assert poller.poll(0) == [(a, zmq.POLLOUT)]
    poller.modify(a, zmq.POLLIN)
    assert poller.poll(0) == []
    poller.register(a)  # for both, unless it is told otherwise
    b.send(b"frame")
    assert poller.poll(0) == [(a, zmq.POLLIN | zmq.POLLOUT)]


def test_what_is_registered_while_another_thread_polls_counts_from_the_next_poll(
    pair: Pair, run: Run
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    task = run(poller.poll)
    eventually(inside, receiver)
    poller.register(sender, zmq.POLLOUT)
    sender.send(b"frame")
    assert task.result() == [(receiver, zmq.POLLIN)]
    assert poller.poll() == [(receiver, zmq.POLLIN), (sender, zmq.POLLOUT)]


def test_only_what_is_registered_is_modified_or_unregistered(make: Make) -> None:
    poller, stranger = zmq.Poller(), make(zmq.PULL)
    for call in (poller.unregister, lambda item: poller.modify(item, zmq.POLLIN)):
        for item in (stranger, 0):
            with pytest.raises(KeyError, match="is not registered with this Poller"):
                call(item)


@pytest.mark.parametrize("item", ["text", None, 1.5, object(), []])
def test_what_has_no_descriptor_is_refused(item: Any) -> None:
    poller = zmq.Poller()
    with pytest.raises(TypeError):
        poller.register(item)
    assert len(poller) == 0


@pytest.mark.parametrize("events", [0, 16, -1, 1.0, "POLLIN", None])
def test_events_that_do_not_exist_are_refused(events: Any, make: Make) -> None:
    poller, item = zmq.Poller(), make(zmq.PULL)
    with pytest.raises((TypeError, ValueError), match="events are POLLIN"):
        poller.register(item, events)
    assert item not in poller
    poller.register(item, zmq.POLLIN)
    with pytest.raises((TypeError, ValueError), match="events are POLLIN"):
        poller.modify(item, events)


@pytest.mark.parametrize("number", [-1, 2**31, 2**80, True])
def test_a_number_that_is_no_descriptor_is_refused(number: int) -> None:
    poller = zmq.Poller()
    with pytest.raises((TypeError, ValueError), match="descriptor"):
        poll_one(poller, number)


def poll_one(poller: zmq.Poller, item: Any) -> object:
    poller.register(item, zmq.POLLIN)
    return poller.poll(0)


def test_a_closed_file_is_refused(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    closed = socket.socket()
    closed.close()
    pipe[0].close()
    for item in (closed, pipe[0]):
        with pytest.raises(ValueError, match=r"descriptor|closed file"):
            poll_one(zmq.Poller(), item)


def test_a_descriptor_that_is_not_open_has_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    poller = zmq.Poller()
    poller.register(reader, zmq.POLLIN)
    assert poller.poll(0) == [(reader, zmq.POLLERR)]


def test_urgent_data_is_polled_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as here,
        server.accept()[0] as there,
    ):
        poller = zmq.Poller()
        poller.register(there, zmq.POLLPRI)
        assert poller.poll(0) == []
        here.send(b"!", socket.MSG_OOB)
        assert poller.poll(5000) == [(there, zmq.POLLPRI)]


# How long


@pytest.mark.parametrize("empty", [True, False])
def test_poll_waits_for_the_time_it_is_given(empty: bool, make: Make) -> None:
    poller = zmq.Poller()
    if not empty:
        poller.register(make(zmq.PULL), zmq.POLLIN)
    start = time.monotonic()
    assert poller.poll(30) == []
    assert 0.029 <= time.monotonic() - start < 2
    assert poller.poll(0) == []


@pytest.mark.parametrize("timeout", [None, -1])
def test_an_empty_poller_does_not_wait_for_ever(timeout: int | None) -> None:
    with pytest.raises(ValueError, match="nothing is registered"):
        zmq.Poller().poll(timeout)


@pytest.mark.parametrize("timeout", [None, -1, 60_000])
def test_poll_ends_with_the_first_event(
    timeout: int | None, pair: Pair, pipe: tuple[io.FileIO, io.FileIO], run: Run
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    reader, writer = pipe
    poller = zmq.Poller()
    poller.register(receiver, zmq.POLLIN)
    poller.register(reader, zmq.POLLIN)
    task = run(poller.poll, timeout)
    eventually(inside, receiver)
    sender.send(b"frame")
    assert task.result() == [(receiver, zmq.POLLIN)]
    receiver.recv()
    task = run(poller.poll, timeout)
    eventually(inside, receiver)
    writer.write(b"bytes")
    assert task.result() == [(reader, zmq.POLLIN)]


# Many, and their life


def test_hundreds_of_sockets_are_polled(make: Make, connect: Connect) -> None:
    sender, poller = make(zmq.PUSH), zmq.Poller()
    receivers = [make(zmq.PULL) for _ in range(300)]
    for receiver in receivers:
        connect(receiver, sender)
        poller.register(receiver, zmq.POLLIN)
    assert poller.poll(0) == []
    sender.send_many([b"%d" % number for number in range(100)])
    assert poller.poll() == [(receiver, zmq.POLLIN) for receiver in receivers[:100]]
    for number, (item, _) in enumerate(poller.poll()):
        assert isinstance(item, zmq.Socket)
        assert item.recv() == b"%d" % number
    assert poller.poll(0) == []


def test_a_closed_socket_is_named(make: Make) -> None:
    poller, a, b = zmq.Poller(), make(zmq.PULL), make(zmq.PUSH)
    poller.register(a, zmq.POLLIN)
    poller.register(b, zmq.POLLIN)
    b.close()
    for timeout in (0, None):
        with pytest.raises(zmq.SocketClosed, match=r"closed zmqlite\.Socket PUSH"):
            poller.poll(timeout)
    poller.unregister(b)
    assert poller.poll(0) == []


def test_a_poller_keeps_its_sockets(context: zmq.Context, pair: Pair) -> None:
    poller = zmq.Poller()
    poller.register(context.socket(zmq.PULL), zmq.POLLIN)
    assert poller.poll(0) == []
    with pytest.warns(ResourceWarning, match="unclosed"):
        del poller


def test_sockets_of_several_contexts_are_polled_together(make: Make, endpoint: str) -> None:
    mine = make(zmq.PULL)
    with zmq.Context() as other, other.socket(zmq.PULL) as theirs, other.socket(zmq.PUSH) as sender:
        poller = zmq.Poller()
        for each in (mine, theirs):
            poller.register(each, zmq.POLLIN)
        theirs.bind(endpoint)
        sender.connect(endpoint)
        sender.send(b"frame")
        assert poller.poll() == [(theirs, zmq.POLLIN)]


def test_several_pollers_take_turns_with_a_socket(pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    first, second = zmq.Poller(), zmq.Poller()
    first.register(receiver, zmq.POLLIN)
    second.register(receiver, zmq.POLLIN)
    second.register(sender, zmq.POLLOUT)
    for _ in range(3):
        assert first.poll(0) == []
        assert second.poll(0) == [(sender, zmq.POLLOUT)]
    sender.send(b"frame")
    assert first.poll() == [(receiver, zmq.POLLIN)]
    assert second.poll() == [(receiver, zmq.POLLIN), (sender, zmq.POLLOUT)]
