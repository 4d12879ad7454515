"""Waiting for several sockets and descriptors at once."""

from __future__ import annotations

import io
import os
import resource
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support import Connect, Make, Pair, Run, Task, eventually, inside

from zmqlite import (
    PAIR,
    POLLERR,
    POLLIN,
    POLLOUT,
    POLLPRI,
    PULL,
    PUSH,
    Context,
    Event,
    Poller,
    Socket,
    SocketClosed,
)


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, io.FileIO]]:
    """The reading and the writing end of a pipe."""
    reader, writer = os.pipe()
    with open(reader, "rb", 0) as there, open(writer, "wb", 0) as here:
        yield there, here


def test_a_poller_knows_what_is_registered(make: Make, pipe: tuple[io.FileIO, io.FileIO]) -> None:
    poller, a, b = Poller(), make(PULL), make(PUSH)
    assert len(poller) == 0
    assert a not in poller
    poller.register(a, POLLIN)
    poller.register(b)
    poller.register(pipe[0], POLLIN)
    poller.register(pipe[0].fileno(), POLLIN)  # another item for the same descriptor
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
    a, b = pair(PAIR, PAIR)
    reader, writer = pipe
    poller = Poller()
    poller.register(a, POLLIN)
    poller.register(b, POLLIN | POLLOUT)
    poller.register(reader, POLLIN)
    poller.register(writer.fileno(), POLLOUT)
    assert poller.poll(0) == [(b, POLLOUT), (writer.fileno(), POLLOUT)]
    b.send(b"frame")
    writer.write(b"bytes")
    found = poller.poll()
    assert found == [(a, POLLIN), (b, POLLOUT), (reader, POLLIN), (writer.fileno(), POLLOUT)]
    assert all(isinstance(events, Event) for _, events in found)
    a.send(b"frame")
    assert dict(poller.poll())[b] == POLLIN | POLLOUT


def test_both_events_are_waited_for_unless_told_otherwise(pair: Pair) -> None:
    a, b = pair(PAIR, PAIR)
    poller = Poller()
    poller.register(a)
    b.send(b"frame")
    assert poller.poll() == [(a, POLLIN | POLLOUT)]


def test_registering_again_changes_the_events(pair: Pair) -> None:
    a, b = pair(PAIR, PAIR)
    poller = Poller()
    poller.register(a, POLLIN)
    assert poller.poll(0) == []
    poller.register(a, POLLOUT)
    assert len(poller) == 1
    assert poller.poll(0) == [(a, POLLOUT)]
    poller.modify(a, POLLIN)
    assert poller.poll(0) == []
    poller.modify(a, POLLIN | POLLOUT)
    b.send(b"frame")
    assert poller.poll(0) == [(a, POLLIN | POLLOUT)]


def test_what_is_registered_while_another_thread_polls_counts_from_the_next_poll(
    pair: Pair, run: Run
) -> None:
    sender, receiver = pair(PUSH, PULL)
    poller = Poller()
    poller.register(receiver, POLLIN)
    task = run(poller.poll)
    eventually(inside, receiver)
    poller.register(sender, POLLOUT)
    sender.send(b"frame")
    assert task.result() == [(receiver, POLLIN)]
    assert poller.poll() == [(receiver, POLLIN), (sender, POLLOUT)]


def test_what_was_unregistered_is_not_polled(pair: Pair) -> None:
    a, b = pair(PAIR, PAIR)
    poller = Poller()
    poller.register(a, POLLOUT)
    poller.register(b, POLLOUT)
    assert poller.poll(0) == [(a, POLLOUT), (b, POLLOUT)]
    poller.unregister(a)
    a.close()
    assert poller.poll(0) in ([], [(b, POLLOUT)])


def test_only_what_is_registered_is_modified_or_unregistered(make: Make) -> None:
    poller, stranger = Poller(), make(PULL)
    for call in (poller.unregister, lambda item: poller.modify(item, POLLIN)):
        for item in (stranger, 0):
            with pytest.raises(KeyError, match="is not registered with this Poller"):
                call(item)


@pytest.mark.parametrize("item", ["text", None, 1.5, object(), []])
def test_what_has_no_descriptor_is_refused(item: Any) -> None:
    poller = Poller()
    with pytest.raises(TypeError):
        poller.register(item)
    assert len(poller) == 0


@pytest.mark.parametrize("events", [0, 16, -1, 1.0, "POLLIN", None])
def test_events_that_do_not_exist_are_refused(events: Any, make: Make) -> None:
    poller, item = Poller(), make(PULL)
    with pytest.raises((TypeError, ValueError), match="events are POLLIN"):
        poller.register(item, events)
    assert item not in poller
    poller.register(item, POLLIN)
    with pytest.raises((TypeError, ValueError), match="events are POLLIN"):
        poller.modify(item, events)


@pytest.mark.parametrize("number", [-1, 2**31, True])
def test_a_number_that_is_no_descriptor_is_refused(number: int) -> None:
    poller = Poller()
    with pytest.raises((TypeError, ValueError), match="descriptor"):
        poll_one(poller, number)


def poll_one(poller: Poller, item: Any) -> object:
    poller.register(item, POLLIN)
    return poller.poll(0)


def test_a_closed_file_is_refused(pipe: tuple[io.FileIO, io.FileIO]) -> None:
    closed = socket.socket()
    closed.close()
    pipe[0].close()
    for item in (closed, pipe[0]):
        with pytest.raises(ValueError, match=r"descriptor|closed file"):
            poll_one(Poller(), item)


def test_a_descriptor_that_is_not_open_has_an_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    os.close(writer)
    poller = Poller()
    poller.register(reader, POLLIN)
    assert poller.poll(0) == [(reader, POLLERR)]


def test_urgent_data_is_polled_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as here,
        server.accept()[0] as there,
    ):
        poller = Poller()
        poller.register(there, POLLPRI)
        assert poller.poll(0) == []
        here.send(b"!", socket.MSG_OOB)
        assert poller.poll(5000) == [(there, POLLPRI)]


# How long


def test_an_empty_poller_waits_for_the_time_it_is_given() -> None:
    start = time.monotonic()
    assert Poller().poll(30) == []
    assert 0.029 <= time.monotonic() - start < 2
    assert Poller().poll(0) == []


@pytest.mark.parametrize("timeout", [None, -1])
def test_an_empty_poller_does_not_wait_for_ever(timeout: int | None) -> None:
    with pytest.raises(ValueError, match="nothing is registered"):
        Poller().poll(timeout)


def test_poll_waits_for_the_time_it_is_given(make: Make) -> None:
    poller = Poller()
    poller.register(make(PULL), POLLIN)
    start = time.monotonic()
    assert poller.poll(30) == []
    assert 0.029 <= time.monotonic() - start < 2


@pytest.mark.parametrize("timeout", [1.0, "5", True, -2, 2**31])
def test_a_timeout_is_whole_milliseconds(timeout: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="timeout"):
        Poller().poll(timeout)


@pytest.mark.parametrize("timeout", [None, -1, 60_000])
def test_poll_ends_with_the_first_event(
    timeout: int | None, pair: Pair, pipe: tuple[io.FileIO, io.FileIO], run: Run
) -> None:
    sender, receiver = pair(PUSH, PULL)
    reader, writer = pipe
    poller = Poller()
    poller.register(receiver, POLLIN)
    poller.register(reader, POLLIN)
    task = run(poller.poll, timeout)
    eventually(inside, receiver)
    sender.send(b"frame")
    assert task.result() == [(receiver, POLLIN)]
    receiver.recv()
    task = run(poller.poll, timeout)
    eventually(inside, receiver)
    writer.write(b"bytes")
    assert task.result() == [(reader, POLLIN)]


# Many, and their life


def test_hundreds_of_sockets_are_polled(make: Make, connect: Connect) -> None:
    sender, poller = make(PUSH), Poller()
    receivers = [make(PULL) for _ in range(300)]
    for receiver in receivers:
        connect(receiver, sender)
        poller.register(receiver, POLLIN)
    assert poller.poll(0) == []
    sender.send_many([b"%d" % number for number in range(100)])
    assert poller.poll() == [(receiver, POLLIN) for receiver in receivers[:100]]
    for number, (item, _) in enumerate(poller.poll()):
        assert isinstance(item, Socket)
        assert item.recv() == b"%d" % number
    assert poller.poll(0) == []


def test_more_items_than_descriptors_are_refused() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    poller = Poller()
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        for number in range(100):
            poller.register(number, POLLIN)
        poller.register(0, POLLOUT)
        with pytest.raises(ValueError, match="polls at most 100 items"):
            poller.register(100, POLLIN)
        assert isinstance(poller.poll(0), list)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_closed_socket_is_named(make: Make) -> None:
    poller, a, b = Poller(), make(PULL), make(PUSH)
    poller.register(a, POLLIN)
    poller.register(b, POLLIN)
    b.close()
    for timeout in (0, None):
        with pytest.raises(SocketClosed, match=r"closed zmqlite\.Socket PUSH"):
            poller.poll(timeout)
    poller.unregister(b)
    assert poller.poll(0) == []


def test_a_poller_keeps_its_sockets(context: Context, pair: Pair) -> None:
    poller = Poller()
    poller.register(context.socket(PULL), POLLIN)
    assert poller.poll(0) == []
    with pytest.warns(ResourceWarning, match="unclosed"):
        del poller


def test_sockets_of_several_contexts_are_polled_together(make: Make, endpoint: str) -> None:
    mine = make(PULL)
    with Context() as other, other.socket(PULL) as theirs, other.socket(PUSH) as sender:
        poller = Poller()
        for each in (mine, theirs):
            poller.register(each, POLLIN)
        theirs.bind(endpoint)
        sender.connect(endpoint)
        sender.send(b"frame")
        assert poller.poll() == [(theirs, POLLIN)]


def test_several_pollers_take_turns_with_a_socket(pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL)
    first, second = Poller(), Poller()
    first.register(receiver, POLLIN)
    second.register(receiver, POLLIN)
    second.register(sender, POLLOUT)
    for _ in range(3):
        assert first.poll(0) == []
        assert second.poll(0) == [(sender, POLLOUT)]
    sender.send(b"frame")
    assert first.poll() == [(receiver, POLLIN)]
    assert second.poll() == [(receiver, POLLIN), (sender, POLLOUT)]


def test_a_poller_goes_from_thread_to_thread(pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL)
    poller = Poller()
    poller.register(receiver, POLLIN)
    assert poller.poll(0) == []
    sender.send(b"frame")
    assert Task(poller.poll).result() == [(receiver, POLLIN)]
    assert poller.poll() == [(receiver, POLLIN)]
