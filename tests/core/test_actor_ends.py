"""How actors end that nobody stopped: with their context, dropped, and with the program."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest
from actor_support import double, fail, fill, gone
from ports import WAIT
from program_support import run as run_program
from program_support import said
from support import DEADLINE, eventually, slow

import zmqlite as zmq

SOON = 50
"""Milliseconds after which a wait for what cannot happen is given up."""


@pytest.fixture
def reported(monkeypatch: pytest.MonkeyPatch) -> list[type[BaseException]]:
    """What threads raised to nobody."""
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))
    return reported


def drain(pipe: zmq.Pipe) -> None:
    """Receive until nothing comes any more."""
    while True:
        pipe.recv(timeout=WAIT)


def drop(actors: list[zmq.Actor]) -> None:
    """Let go of the last references."""
    actors.clear()
    gc.collect()


# Where it never became ready


def test_a_body_that_forgets_to_be_ready_is_told_to_end(
    context: zmq.Context, reported: list[type[BaseException]]
) -> None:
    ended = threading.Event()

    def forget(pipe: zmq.Pipe) -> None:
        for _ in pipe:
            pass
        ended.set()

    with pytest.raises(
        zmq.Timeout, match=r"Actor\('.*forget'\): its body did not call pipe.ready\(\)"
    ):
        zmq.Actor(context, forget, timeout=SOON)
    assert ended.wait(DEADLINE)
    assert reported == []


# Its context and others, or nobody who knows it


def wait_in_pipe(pipe: zmq.Pipe, context: zmq.Context) -> None:
    pipe.ready()
    pipe.recv()


def wait_in_iteration(pipe: zmq.Pipe, context: zmq.Context) -> None:
    double(pipe)


def wait_in_socket(pipe: zmq.Pipe, context: zmq.Context) -> None:
    with context.socket(zmq.PULL) as socket:
        pipe.ready()
        socket.recv()


@pytest.mark.parametrize("body", [wait_in_pipe, wait_in_iteration, wait_in_socket])
@pytest.mark.parametrize("end", ["shutdown", "term"])
def test_the_end_of_the_context_ends_it(
    context: zmq.Context, body: Callable[[zmq.Pipe, zmq.Context], None], end: str
) -> None:
    actor = zmq.Actor(context, body, context)
    getattr(context, end)()
    actor.stop()
    assert gone(actor)
    actor.stop()


def other_context(context: zmq.Context) -> None:
    with zmq.Context() as other:
        other.shutdown()
        other.socket(zmq.PULL)


def other_actor(context: zmq.Context) -> None:
    with zmq.Actor(context, lambda inner: inner.ready()) as other:
        other.pipe.recv()


@pytest.mark.parametrize(
    ("use", "error"), [(other_context, zmq.ContextTerminated), (other_actor, zmq.ActorEnded)]
)
def test_the_end_of_another_context_or_actor_is_an_error_like_any_other(
    use: Callable[[zmq.Context], None], error: type[Exception], context: zmq.Context
) -> None:
    def body(pipe: zmq.Pipe) -> None:
        pipe.ready()
        use(context)

    actor = zmq.Actor(context, body)
    with pytest.raises(zmq.ActorEnded):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(error):
        actor.stop()


def test_an_actor_that_is_dropped_ends_and_is_reported(context: zmq.Context) -> None:
    actors = [zmq.Actor(context, double)]
    thread = actors[0]._thread
    with pytest.warns(ResourceWarning, match="unstopped <zmqlite.Actor double, running>"):
        drop(actors)
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert repr(context).startswith("<zmqlite.Context, 0 sockets")


@pytest.mark.parametrize("order", ["is dropped first", "fails first", "context ends first"])
def test_what_a_dropped_actor_raises_is_reported(
    context: zmq.Context, reported: list[type[BaseException]], order: str
) -> None:
    actors = [zmq.Actor(context, fail)]
    life, thread, pipe = actors[0]._life, actors[0]._thread, actors[0].pipe
    pipe.send(b"this")
    if order != "is dropped first":
        eventually(lambda: life.error)
    if order == "context ends first":
        context.term()
        thread.join(DEADLINE)
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    thread.join(DEADLINE)
    assert reported == [LookupError]


def test_one_that_was_told_to_end_may_end_with_any_context(
    context: zmq.Context, reported: list[type[BaseException]]
) -> None:
    other = zmq.Context()

    def wait(pipe: zmq.Pipe) -> None:
        pipe.ready()
        with other.socket(zmq.PULL) as socket:
            socket.recv()

    actors = [zmq.Actor(context, wait)]
    thread = actors[0]._thread
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    other.term()
    thread.join(DEADLINE)
    assert not thread.is_alive()
    assert reported == []


def test_a_pipe_may_outlive_its_actor_and_says_so(context: zmq.Context) -> None:
    actors = [zmq.Actor(context, double)]
    pipe = actors[0].pipe
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    eventually(lambda: pipe.socket.closed)
    with pytest.raises(zmq.ActorEnded):
        pipe.send(b"x")


def test_one_that_only_sends_is_told_by_that_when_it_was_dropped(context: zmq.Context) -> None:
    def pour(pipe: zmq.Pipe) -> None:
        pipe.ready()
        fill(pipe, -1)

    actors = [zmq.Actor(context, pour)]
    thread, pipe = actors[0]._thread, actors[0].pipe
    with pytest.warns(ResourceWarning, match="unstopped"):
        drop(actors)
    with pytest.raises((zmq.ActorEnded, zmq.SocketClosed)):
        drain(pipe)  # makes room
    thread.join(DEADLINE)
    assert not thread.is_alive()


# The end of the program


@pytest.mark.parametrize(
    ("how", "out"),
    [
        (["count"], "1000\n"),
        slow(["sleep"], ""),
        slow(["wait"], ""),
        slow(["say the end"], "end\n"),
        slow(["another context"], ""),
        slow(["its context"], ""),
        slow(["spin"], ""),
        slow(["pour"], ""),
        (["listen", "exit"], ""),
        slow(["listen", "another thread"], ""),
        slow(["listen", "a cycle"], ""),
        slow(["listen", "term"], ""),
    ],
    ids=str,
)
def test_one_that_nobody_stopped_does_not_hold_up_the_end(how: list[str], out: str) -> None:
    assert said("core/actors", "unstopped", *how, deadline=DEADLINE) == out


@pytest.mark.slow
def test_what_it_raised_is_reported_at_the_end_of_the_program() -> None:
    ended = run_program("core/actors", "unstopped", "fail")
    assert ended.code in (0, 1)  # it may have come to the constructor
    assert "LookupError: this" in ended.err


@pytest.mark.slow
def test_ctrl_c_ends_a_wait_for_it() -> None:
    assert said("core/actors", "interrupted") == "interrupted\n" * 2


@pytest.mark.slow
def test_in_a_forked_child_there_is_no_actor() -> None:
    assert said("core/actors", "forked") == "refused\nb'own'\n7\nb'parent'\n"
