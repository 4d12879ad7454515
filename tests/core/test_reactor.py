"""The loop of handlers: who is called when, what ends it, and whom it belongs to."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from support import DEADLINE, Make, Pair, Run, Task, eventually, open_descriptors

import zmqlite as zmq


@pytest.fixture
def polls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The timeouts of all polls, and -2 for each time that a Poller is built anew."""
    polls: list[int] = []
    poll, build = zmq.Poller.poll, zmq.Poller._build

    def counted(poller: zmq.Poller, timeout: int | None = None) -> Any:
        polls.append(-1 if timeout is None else timeout)
        return poll(poller, timeout)

    def counted_build(poller: zmq.Poller) -> Any:
        polls.append(-2)
        return build(poller)

    monkeypatch.setattr(zmq.Poller, "poll", counted)
    monkeypatch.setattr(zmq.Poller, "_build", counted_build)
    return polls


def started(reactor: zmq.Reactor, run: Run, then: Callable[[], object] = bool) -> Task[None]:
    """Run a reactor in a thread, and come back when it runs."""
    runs = threading.Event()
    reactor.timer(0, lambda: (runs.set(), then()), times=1)  # type: ignore[func-returns-value]
    task = run(reactor.run)
    assert runs.wait(DEADLINE)
    return task


# Readers


def test_a_handler_gets_the_socket_of_each_message(reactor: zmq.Reactor, pair: Pair) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    got: list[bytes] = []

    def take(socket: zmq.Socket) -> None:
        assert socket is receiver
        got.append(socket.recv(zmq.DONTWAIT))
        if len(got) == 3:
            reactor.stop()

    reactor.reader(receiver, take)
    sender.send_many([b"1", b"2", b"3"])
    reactor.run()
    assert got == [b"1", b"2", b"3"]


def test_a_descriptor_is_read_until_its_other_end_is_closed(reactor: zmq.Reactor) -> None:
    reading, writing = os.pipe()
    got: list[bytes] = []

    def take(descriptor: int) -> None:
        got.append(os.read(descriptor, 1))
        if not got[-1]:
            reactor.stop()

    try:
        reactor.reader(reading, take)
        os.write(writing, b"ab")
        os.close(writing)
        reactor.run()
    finally:
        os.close(reading)
    assert got == [b"a", b"b", b""]


def test_a_reader_that_is_cancelled_is_not_called_even_in_the_same_round(
    reactor: zmq.Reactor, pair: Pair
) -> None:
    pairs = [pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)]
    first, second = (receiver for _, receiver in pairs)
    called: list[zmq.Socket] = []

    def take(socket: zmq.Socket) -> None:
        called.append(socket)
        reactor.cancel(second if socket is first else first)
        socket.recv(zmq.DONTWAIT)
        reactor.timer(0, reactor.stop, times=1)  # after a round in which the other could be called

    for sender, receiver in pairs:
        reactor.reader(receiver, take)
        sender.send(b"")
    assert second.poll(int(DEADLINE * 1000))
    reactor.run()
    assert len(called) == 1


def test_a_reader_may_be_cancelled_closed_and_added_again_by_its_handler(
    reactor: zmq.Reactor, pair: Pair
) -> None:
    (sender, receiver), (other_sender, other) = pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)
    called: list[str] = []

    def first(socket: zmq.Socket) -> None:
        called.append("first")
        socket.recv(zmq.DONTWAIT)
        reactor.cancel(socket)
        reactor.reader(socket, second)

    def second(socket: zmq.Socket) -> None:
        called.append("second")
        reactor.cancel(socket)
        socket.close()
        reactor.reader(other, third)

    def third(socket: zmq.Socket) -> None:
        called.append("third")
        reactor.stop()

    reactor.reader(receiver, first)
    sender.send_many([b"1", b"2"])
    other_sender.send(b"3")
    reactor.run()
    assert called == ["first", "second", "third"]


@pytest.mark.parametrize("who", ["reader", "timer"])
def test_a_reader_is_not_called_for_what_another_handler_has_received(
    reactor: zmq.Reactor, pair: Pair, who: str
) -> None:
    pairs = [pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)]

    def take_all() -> None:
        reactor.timer(0, reactor.stop, times=1)
        for _, receiver in pairs:
            receiver.recv(zmq.DONTWAIT)

    for sender, receiver in pairs:
        # It would wait for ever if it was called a second time.
        reactor.reader(receiver, lambda _: take_all())
        sender.send(b"")
        assert receiver.poll(int(DEADLINE * 1000))
    if who == "timer":
        reactor.timer(0, take_all, times=1)
    reactor.run()
    assert all(not receiver.poll(0) for _, receiver in pairs)


def test_one_that_always_has_input_starves_neither_timers_nor_others(
    reactor: zmq.Reactor, pair: Pair
) -> None:
    (flood, busy), (sender, receiver) = pair(zmq.PUSH, zmq.PULL), pair(zmq.PUSH, zmq.PULL)
    calls: list[str] = []

    def take(socket: zmq.Socket) -> None:
        calls.append("busy")
        flood.send(socket.recv(zmq.DONTWAIT))

    flood.send(b"")
    reactor.reader(busy, take)
    reactor.reader(receiver, lambda _: reactor.stop())
    reactor.timer(20, lambda: (calls.append("timer"), sender.send(b"")), times=1)  # type: ignore[func-returns-value]
    reactor.run()
    assert calls.count("busy") > 1
    assert calls.count("timer") == 1


def test_registering_costs_nothing_per_round(
    reactor: zmq.Reactor, pair: Pair, polls: list[int]
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)

    def take(socket: zmq.Socket) -> None:
        if socket.recv(zmq.DONTWAIT) == b"last":
            reactor.stop()

    reactor.reader(receiver, take)
    sender.send_many([b""] * 100 + [b"last"])
    reactor.run()
    assert polls.count(-2) == 1


def test_it_sleeps_until_the_next_timer(polls: list[int]) -> None:
    reactor = zmq.Reactor()
    reactor.timer(30, lambda: None, times=2)
    reactor.run()
    assert len([each for each in polls if each != -2]) <= 4


def test_something_has_one_reader(reactor: zmq.Reactor, make: Make) -> None:
    socket = make(zmq.PULL)
    reactor.reader(socket, print)
    with pytest.raises(ValueError, match="has a reader"):
        reactor.reader(socket, print)
    reactor.cancel(socket)
    reactor.reader(socket, print)


def test_a_closed_socket_is_named(reactor: zmq.Reactor, make: Make) -> None:
    socket = make(zmq.PULL)
    reactor.reader(socket, print)
    socket.close()
    with pytest.raises(zmq.SocketClosed, match="PULL"):
        reactor.run()
    reactor.cancel(socket)
    reactor.timer(0, reactor.stop)
    reactor.run()


# The end


def test_what_a_handler_raises_ends_run_and_leaves_everything_registered(
    reactor: zmq.Reactor, pair: Pair
) -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    got: list[bytes] = []

    def take(socket: zmq.Socket) -> None:
        got.append(socket.recv(zmq.DONTWAIT))
        if len(got) == 1:
            raise LookupError("this one")
        reactor.stop()

    def tick() -> None:
        raise ArithmeticError("that one")

    reactor.reader(receiver, take)
    sender.send_many([b"1", b"2"])
    with pytest.raises(LookupError, match="this one"):
        reactor.run()
    timer = reactor.timer(0, tick)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="that one"):
            reactor.run()
    reactor.cancel(timer)
    reactor.run()
    assert got == [b"1", b"2"]


def test_a_stop_before_run_holds_for_one_run(reactor: zmq.Reactor) -> None:
    called: list[str] = []
    reactor.timer(0, lambda: called.append("timer"), times=1)
    reactor.stop()
    reactor.run()
    assert called == []
    reactor.timer(1, reactor.stop)
    reactor.run()
    assert called == ["timer"]


def test_stop_wakes_a_reactor_that_waits_for_nothing_soon(run: Run, polls: list[int]) -> None:
    reactor = zmq.Reactor()
    reactor.timer(3_600_000, print)
    task = started(reactor, run)
    eventually(lambda: polls[-1:] > [1_000_000])
    assert not reactor.stopped
    reactor.stop()
    task.result()
    assert not reactor.stopped
    assert len([each for each in polls if each != -2]) == 2


def test_one_that_is_dropped_leaves_no_descriptor() -> None:
    gc.collect()  # those of other tests, whose handlers refer to them
    before = open_descriptors()
    reactors = [zmq.Reactor() for _ in range(50)]
    assert len(open_descriptors()) == len(before) + 50
    del reactors
    gc.collect()
    assert open_descriptors() == before


def test_while_it_runs_it_belongs_to_that_thread(
    reactor: zmq.Reactor, make: Make, run: Run
) -> None:
    socket = make(zmq.PULL)
    timer = reactor.timer(3_600_000, print)
    task = started(reactor, run)
    calls: list[Callable[[], object]] = [
        lambda: reactor.reader(socket, print),
        lambda: reactor.timer(10, print),
        lambda: reactor.cancel(timer),
        reactor.run,
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match=r"another thread|runs already"):
            call()
    reactor.stop()
    task.result()
    reactor.cancel(timer)
    reactor.reader(socket, print)


def test_a_handler_cannot_run_it_again(reactor: zmq.Reactor) -> None:
    reactor.timer(0, reactor.run)
    with pytest.raises(RuntimeError, match="runs already"):
        reactor.run()


@pytest.mark.parametrize("where", ["waits", "in a handler"])
def test_the_end_of_the_context_is_raised(
    reactor: zmq.Reactor, context: zmq.Context, make: Make, run: Run, where: str
) -> None:
    other = make(zmq.PAIR)
    reactor.reader(make(zmq.PULL), print)
    wait = partial(other.poll, None, zmq.POLLOUT)
    task = started(reactor, run, wait if where == "in a handler" else bool)
    context.shutdown()
    with pytest.raises(zmq.ContextTerminated):
        task.result()
