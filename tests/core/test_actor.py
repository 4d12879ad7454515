"""Threads with a pipe: their start, what goes through the pipe, and every way to end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from actor_support import double, fail, fill, gone
from ports import WAIT
from support import DEADLINE, Make, Run, eventually, inside

import zmqlite as zmq

SOON = 50
"""Milliseconds after which something that cannot happen is taken not to happen."""


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """What lets bodies go on that look at nothing else."""
    release = threading.Event()
    yield release
    release.set()


def ignore(pipe: zmq.Pipe, release: threading.Event) -> None:
    pipe.ready()
    assert release.wait(DEADLINE)


# The start


def test_it_talks_to_its_maker_until_it_is_stopped(context: zmq.Context) -> None:
    with zmq.Actor(context, double) as actor:
        actor.pipe.send(b"ab")
        assert actor.pipe.recv(timeout=WAIT) == b"abab"
        assert repr(actor) == "<zmqlite.Actor double, running>"
    assert repr(actor) == "<zmqlite.Actor double, ended>"
    assert gone(actor)
    assert actor.pipe.socket.closed


def test_the_body_gets_its_arguments_and_has_a_name(context: zmq.Context) -> None:
    def name(pipe: zmq.Pipe, *words: str) -> None:
        pipe.ready()
        pipe.send_multipart([threading.current_thread().name.encode(), *map(str.encode, words)])

    with zmq.Actor(context, name, "a", "b") as actor:
        thread, *words = actor.pipe.recv_multipart(timeout=WAIT)
    assert thread.startswith(b"Actor test_the_body")
    assert words == [b"a", b"b"]


def test_the_constructor_returns_when_the_body_is_ready(context: zmq.Context) -> None:
    bound: list[str] = []

    def serve(pipe: zmq.Pipe) -> None:
        with context.socket(zmq.PULL) as socket:
            bound.append(socket.bind("tcp://127.0.0.1:*"))
            pipe.ready()
            pipe.recv()

    with zmq.Actor(context, serve):
        assert bound


def test_the_constructor_raises_what_the_body_raises_before_it_is_ready(
    context: zmq.Context,
) -> None:
    def serve(pipe: zmq.Pipe, endpoint: str) -> None:
        with context.socket(zmq.PULL) as socket:
            socket.bind(endpoint)
            pipe.ready()

    with pytest.raises(zmq.ZMQError, match="nowhere"):
        zmq.Actor(context, serve, "inproc-nowhere://x")


def test_a_body_may_return_without_ever_being_ready(context: zmq.Context) -> None:
    def say(pipe: zmq.Pipe) -> None:
        pipe.send(b"all")

    with zmq.Actor(context, say) as actor:
        assert list(actor.pipe) == [b"all"]


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(
    context: zmq.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="new thread"):
            zmq.Actor(context, double)
    assert repr(context).startswith("<zmqlite.Context, 0 sockets")


def test_where_there_is_no_place_for_a_pipe_nothing_is_left_behind() -> None:
    with zmq.Context(max_sockets=1) as context:
        with pytest.raises(zmq.ZMQError, match="Too many open files"):
            zmq.Actor(context, double)
        assert repr(context).startswith("<zmqlite.Context, 0 sockets")


# The pipe


def test_what_was_sent_before_the_end_arrives_first(context: zmq.Context) -> None:
    got: list[bytes] = []

    def collect(pipe: zmq.Pipe) -> None:
        pipe.ready()
        got.extend(pipe)

    messages = [b"%d" % number for number in range(1000)]
    with zmq.Actor(context, collect) as actor:
        for message in messages:
            actor.pipe.send(message)
    assert got == messages


def test_what_the_body_sent_before_its_end_arrives_first(context: zmq.Context) -> None:
    def count(pipe: zmq.Pipe) -> None:
        pipe.ready()
        for number in range(1000):
            pipe.send(b"%d" % number)

    with zmq.Actor(context, count) as actor:
        assert list(actor.pipe) == [b"%d" % number for number in range(1000)]
        for _ in range(2):
            with pytest.raises(zmq.ActorEnded, match=r"Pipe.recv\(\)"):
                actor.pipe.recv()
            with pytest.raises(zmq.ActorEnded, match=r"Pipe.recv\(\)"):
                actor.pipe.recv_multipart(zmq.DONTWAIT)


def test_the_end_interrupts_a_poller(context: zmq.Context, make: Make) -> None:
    socket = make(zmq.PULL)
    seen: list[str] = []

    def watch(pipe: zmq.Pipe) -> None:
        poller = zmq.Poller()
        poller.register(pipe.socket, zmq.POLLIN)
        poller.register(socket, zmq.POLLIN)
        pipe.ready()
        while True:
            if pipe.socket in dict(poller.poll()):
                seen.append("end")
                pipe.recv_multipart()

    with zmq.Actor(context, watch):
        pass
    assert seen == ["end"]


def test_the_end_interrupts_a_reactor(context: zmq.Context) -> None:
    def react(pipe: zmq.Pipe) -> None:
        reactor = zmq.Reactor()
        reactor.reader(pipe.socket, lambda _: pipe.send(pipe.recv() * 2))
        pipe.ready()
        reactor.run()

    with zmq.Actor(context, react) as actor:
        actor.pipe.send(b"ab")
        assert actor.pipe.recv(timeout=WAIT) == b"abab"


def test_a_body_may_finish_after_it_was_told_to_end(context: zmq.Context) -> None:
    finished: list[str] = []

    def work(pipe: zmq.Pipe) -> None:
        pipe.ready()
        try:
            pipe.recv()
        except zmq.ActorEnded:
            pipe.send(b"too late for anybody")
            finished.append("well")
        with pytest.raises(zmq.ActorEnded):
            pipe.recv(timeout=0)

    with zmq.Actor(context, work):
        pass
    assert finished == ["well"]


def test_a_message_that_was_left_half_sent_does_not_hide_the_end(context: zmq.Context) -> None:
    def tear(pipe: zmq.Pipe) -> None:
        pipe.ready()
        pipe.socket.send(b"half", 2)  # SNDMORE
        raise LookupError

    actor = zmq.Actor(context, tear)
    with pytest.raises(zmq.ActorEnded):
        actor.pipe.recv_multipart(timeout=WAIT)
    with pytest.raises(LookupError):
        actor.stop()


def test_a_receive_from_one_that_is_alive_can_be_bounded(context: zmq.Context) -> None:
    with zmq.Actor(context, double) as actor:
        with pytest.raises(zmq.Timeout):
            actor.pipe.recv(timeout=1)
        with pytest.raises(zmq.Again):
            actor.pipe.recv(zmq.DONTWAIT)


# The end


def test_what_the_body_raises_wakes_its_maker_and_is_raised_by_stop(context: zmq.Context) -> None:
    actor = zmq.Actor(context, fail)
    actor.pipe.send(b"this")
    with pytest.raises(zmq.ActorEnded, match="stop"):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(zmq.ActorEnded):
        actor.pipe.send(b"x")
    with pytest.raises(zmq.ActorEnded):
        actor.pipe.send_multipart([b"x"])
    with pytest.raises(LookupError, match="this"):
        actor.stop()
    actor.stop()  # it was told


def test_what_the_body_raises_ends_a_with_block(context: zmq.Context) -> None:
    def use() -> None:
        with zmq.Actor(context, fail) as actor:
            actor.pipe.send(b"this")
            raise KeyError

    with pytest.raises(LookupError, match="this") as raised:
        use()
    assert isinstance(raised.value.__context__, KeyError)


def test_stop_may_be_called_again_and_by_several_threads(
    context: zmq.Context, run: Run, release: threading.Event
) -> None:
    actor = zmq.Actor(context, ignore, release)
    tasks = [run(actor.stop)]
    eventually(lambda: inside(actor.pipe.socket))
    tasks += [run(actor.stop) for _ in range(4)]
    release.set()
    for task in tasks:
        task.result()
    actor.stop()
    assert gone(actor)


def test_a_busy_body_is_waited_for_no_longer_than_the_timeout(
    context: zmq.Context, release: threading.Event
) -> None:
    actor = zmq.Actor(context, ignore, release, timeout=SOON)
    with pytest.raises(zmq.Timeout, match=rf"Actor.stop\('ignore'\): .* end within {SOON} ms"):
        actor.stop()
    assert not gone(actor)
    release.set()
    eventually(lambda: gone(actor))
    actor.stop()
    assert actor.pipe.socket.closed


def test_nobody_is_left_waiting_where_both_directions_are_full(context: zmq.Context) -> None:
    def pour(pipe: zmq.Pipe) -> None:
        pipe.ready()
        while not enough.is_set():
            pipe.send(b"more")
        for _ in pipe:
            pass

    enough = threading.Event()
    actor = zmq.Actor(context, pour)
    eventually(lambda: inside(actor._life.inner.socket))  # it waits for room
    with pytest.raises(zmq.Again):
        fill(actor.pipe)
    enough.set()
    actor.stop()
    assert gone(actor)


def test_a_maker_who_waits_for_room_is_not_left_waiting(
    context: zmq.Context, release: threading.Event, run: Run
) -> None:
    actor = zmq.Actor(context, ignore, release)
    task = run(fill, actor.pipe, -1)
    eventually(lambda: inside(actor.pipe.socket))
    release.set()
    with pytest.raises(zmq.ActorEnded):
        task.result()
    actor.stop()


def test_stop_while_another_thread_is_inside_the_pipe_is_refused(
    context: zmq.Context, run: Run
) -> None:
    actor = zmq.Actor(context, double)
    task = run(actor.pipe.recv)
    eventually(lambda: inside(actor.pipe.socket))
    with pytest.raises(zmq.SocketBusy):
        actor.stop()
    context.shutdown()
    with pytest.raises(zmq.ContextTerminated):
        task.result()
    actor.stop()
    assert gone(actor)


def test_an_actor_does_not_stop_itself(context: zmq.Context) -> None:
    made: list[zmq.Actor] = []

    def suicide(pipe: zmq.Pipe) -> None:
        pipe.ready()
        pipe.recv()
        made[0].stop()

    actor = zmq.Actor(context, suicide)
    made.append(actor)
    actor.pipe.send(b"")
    with pytest.raises(zmq.ActorEnded):
        actor.pipe.recv(timeout=WAIT)
    with pytest.raises(RuntimeError, match="its body returns"):
        actor.stop()
