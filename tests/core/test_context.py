"""Contexts: what they are made with, the sockets they own, and how they end."""

from __future__ import annotations

import errno
import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, assert_type

import pytest
from support import Make, Pair, Task, eventually, inside, open_descriptors

import zmqlite as zmq
from zmqlite._zmq import ffi, lib
from zmqlite.constants import ETERM
from zmqlite.context import _living


def test_a_context_has_the_options_it_is_made_with() -> None:
    with zmq.Context() as context:
        assert context.io_threads == 1
    with zmq.Context(3, max_sockets=50, ipv6=True) as context:
        assert context.io_threads == 3
        assert context.max_sockets == 50
        with context.socket(zmq.PULL) as socket:
            assert socket.ipv6


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"io_thread": 1}, TypeError),
        ({"sndhwm": 1}, TypeError),
        ({"_handles": 1}, TypeError),
        ({"io_threads": -1}, ValueError),
        ({"io_threads": "1"}, TypeError),
        ({"linger": 1.5}, TypeError),
        ({"linger": -2}, ValueError),
        ({"max_sockets": 0}, ValueError),
    ],
)
def test_a_bad_option_makes_no_context(options: dict[str, Any], error: type[Exception]) -> None:
    before = open_descriptors()
    with pytest.raises(error, match=next(iter(options))):
        zmq.Context(**options)
    gc.collect()
    assert open_descriptors() == before


def test_an_option_is_a_row_a_number_or_an_attribute() -> None:
    with zmq.Context() as context:
        context.set(zmq.Context.max_sockets, 5)
        assert context.get(2) == 5
        context.set(2, 6)
        assert context.get(zmq.Context.max_sockets) == context.max_sockets == 6
        with pytest.raises(
            zmq.InvalidArgument, match=r"Context.get\('option 9999'\) \[zmq_ctx_get\]"
        ):
            context.get(9999)
        with pytest.raises(
            zmq.InvalidArgument, match=r"Context.set\('option 9999'\) \[zmq_ctx_set\]"
        ):
            context.set(9999, 1)
        with pytest.raises(AttributeError):
            context.io_thread = 1  # type: ignore[attr-defined]  # the point


def test_a_context_without_io_threads_does_for_inproc(endpoint: str) -> None:
    context = zmq.Context(0)
    with context, context.socket(zmq.PUSH) as sender, context.socket(zmq.PULL) as receiver:
        receiver.bind(endpoint)
        sender.connect(endpoint)
        sender.send(b"frame")
        assert receiver.recv() == b"frame"


def test_contexts_do_not_share_inproc_names(make: Make, endpoint: str) -> None:
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    with zmq.Context() as other, other.socket(zmq.PULL) as stranger:
        stranger.bind(endpoint)
        sender.connect(endpoint)
        sender.send(b"frame")
        receiver.bind(endpoint)
        assert receiver.recv() == b"frame"
        assert not stranger.poll(0)


def test_a_context_has_so_many_sockets_and_no_more() -> None:
    with zmq.Context(max_sockets=5) as context:
        sockets = [context.socket(zmq.PULL) for _ in range(5)]
        with pytest.raises(zmq.ZMQError, match="max_sockets of the context") as caught:
            context.socket(zmq.PULL)
        assert caught.value.errno == errno.EMFILE
        assert "5 sockets" in repr(context)
        sockets.pop().close()

        def made() -> bool:
            try:
                context.socket(zmq.PULL).close()
            except zmq.ZMQError:
                return False  # libzmq gives the place back a moment later
            return True

        eventually(made)
        for socket in sockets:
            socket.close()


# The end


def test_a_context_that_ended_says_so(endpoint: str) -> None:
    context = zmq.Context()
    sockets = [context.socket(zmq.PUSH), context.socket(zmq.SUB)]
    sockets[0].bind(endpoint)
    assert not context.closed
    assert repr(context).startswith("<zmqlite.Context, 2 sockets, at ")
    context.term()
    assert context.closed
    assert repr(context).startswith("<zmqlite.Context, closed, at ")
    assert all(socket.closed for socket in sockets)
    for _ in range(2):
        context.term()
        context.shutdown()


def test_with_ends_even_after_an_error() -> None:
    def fail(context: zmq.Context) -> None:
        with context as entered:
            assert entered is context
            raise KeyError

    context = zmq.Context()
    socket = context.socket(zmq.PULL)
    with pytest.raises(KeyError):
        fail(context)
    assert context.closed
    assert socket.closed


@pytest.mark.parametrize("end", ["shutdown", "term"])
def test_after_the_end_a_context_can_only_be_ended(end: str) -> None:
    context = zmq.Context()
    getattr(context, end)()
    calls: list[Callable[[], object]] = [
        lambda: context.socket(zmq.PULL),
        lambda: context.io_threads,
        lambda: setattr(context, "ipv6", True),
        lambda: context.get(1),
    ]
    for call in calls:
        with pytest.raises(zmq.ContextTerminated):
            call()
    assert context.closed == (end == "term")
    context.term()
    assert context.closed


def test_the_end_gives_everything_back() -> None:
    before, threads = open_descriptors(), threading.active_count()
    for _ in range(3):
        with zmq.Context(2) as context:
            sockets = [context.socket(kind) for kind in zmq.SocketType]
            sockets[0].bind("tcp://127.0.0.1:*")
            sockets[1].connect("tcp://127.0.0.1:1")
            assert len(open_descriptors()) > len(before)
        assert open_descriptors() == before
    assert threading.active_count() == threads


def test_a_forgotten_context_ends_with_its_sockets() -> None:
    before = open_descriptors()
    context = zmq.Context()
    reference = weakref.ref(context)
    with context.socket(zmq.PULL):
        pass
    del context
    gc.collect()
    assert reference() is None
    assert open_descriptors() == before


def test_sockets_keep_their_context_alive() -> None:
    socket = zmq.Context().socket(zmq.PULL)
    gc.collect()
    assert not assert_type(socket.context, zmq.Context).closed
    socket.bind("tcp://127.0.0.1:*")
    socket.context.term()


def test_contexts_that_are_gone_leave_nothing_behind() -> None:
    gc.collect()
    before = len(_living)
    contexts = [zmq.Context(linger=0) for _ in range(5)]
    assert len(_living) == before + 5
    contexts.clear()
    gc.collect()
    assert len(_living) == before


# How long the end takes


def unreachable(context: zmq.Context, **options: Any) -> zmq.Socket:
    """A socket with a message for somebody who is not there."""
    socket = context.socket(zmq.PUSH, reconnect_ivl=1, **options)
    socket.connect("tcp://127.0.0.1:1")
    socket.send(b"undelivered")
    return socket


@pytest.mark.parametrize("by", ["context", "option", "close"])
def test_without_linger_the_end_waits_for_nothing(by: str) -> None:
    context = zmq.Context(linger=0 if by == "context" else 60_000)
    socket = unreachable(context, **({"linger": 0} if by == "option" else {}))
    if by == "close":
        socket.close(linger=0)
    Task(context.term).result()


def test_threads_that_end_a_context_wait_for_each_other() -> None:
    context = zmq.Context(linger=100)
    unreachable(context).close()

    def term() -> float:
        context.term()
        assert context.closed
        return time.monotonic()

    start = time.monotonic()
    tasks = [Task(term) for _ in range(3)]
    assert all(task.result() - start > 0.09 for task in tasks)


# Waking others


def test_shutdown_closes_nothing(make: Make, context: zmq.Context) -> None:
    socket = make(zmq.PULL)
    for _ in range(2):
        context.shutdown()
    assert not socket.closed
    assert not context.closed


def test_what_was_received_before_the_shutdown_is_there_no_more(
    pair: Pair, context: zmq.Context
) -> None:
    receiver, sender = pair(zmq.PULL, zmq.PUSH)
    sender.send(b"frame")
    context.shutdown()
    with pytest.raises(zmq.ContextTerminated):
        receiver.recv(timeout=5000)


def test_a_thread_that_does_not_come_out_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zmqlite.owner.GRACE", 1)
    context, other = zmq.Context(linger=0), zmq.Context(linger=0)
    source, feeder, target = (
        context.socket(zmq.PULL),
        context.socket(zmq.PUSH),
        other.socket(zmq.PUSH),
    )
    feeder.connect(source.bind("inproc://source"))
    feeder.send(b"frame")
    traffic = ffi.new("zl_traffic *")

    def move() -> int:
        """Wait for room in the target, inside the source, until the other context ends."""
        arguments = (source._pointer, target._pointer, ffi.NULL, 1, 1, traffic)
        while (code := lib.zl_forward(*arguments)) == -errno.EINTR:
            pass
        return code

    moving = Task(move)
    try:
        eventually(inside, source, target)
        with pytest.raises(zmq.SocketBusy, match="zmq_ctx_term"):
            Task(context.term).result()
        assert not context.closed
    finally:
        monkeypatch.undo()
        other.term()
    assert moving.result() == -ETERM
    context.term()
    assert context.closed
