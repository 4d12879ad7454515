"""The loop of handlers: who is called when, what ends it, and whom it belongs to."""

from __future__ import annotations

import gc
import os
import signal
import threading
import weakref
from typing import Any

import pytest
from safety_support import Program, run
from support import DEADLINE, Make, Pair, Run

from zmqlite import (
    DONTWAIT,
    PAIR,
    POLLOUT,
    PULL,
    PUSH,
    Context,
    ContextTerminated,
    Poller,
    Reactor,
    Socket,
    SocketClosed,
)

QUICKLY = 0.2
"""Seconds in which a signal has to end the loop; see also test_safety_exit.py."""

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""


@pytest.fixture
def reactor() -> Reactor:
    """A reactor that a timer ends, with a failure, should the test not end it."""
    reactor = Reactor()

    def fail() -> None:
        raise AssertionError("nothing ended it")

    reactor.timer(int(DEADLINE * 1000), fail)
    return reactor


# Readers


def test_a_handler_gets_the_socket_of_each_message(reactor: Reactor, pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL)
    got: list[bytes] = []

    def take(socket: Socket) -> None:
        assert socket is receiver
        got.append(socket.recv(DONTWAIT))
        if len(got) == 3:
            reactor.stop()

    reactor.reader(receiver, take)
    sender.send_many([b"1", b"2", b"3"])
    reactor.run()
    assert got == [b"1", b"2", b"3"]


def test_a_descriptor_is_read_until_its_other_end_is_closed(reactor: Reactor) -> None:
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
    reactor: Reactor, pair: Pair
) -> None:
    pairs = [pair(PUSH, PULL), pair(PUSH, PULL)]
    first, second = (receiver for _, receiver in pairs)
    called: list[Socket] = []

    def take(socket: Socket) -> None:
        called.append(socket)
        reactor.cancel(second if socket is first else first)
        socket.recv(DONTWAIT)
        reactor.timer(0, reactor.stop, times=1)  # after a round in which the other could be called

    for sender, receiver in pairs:
        reactor.reader(receiver, take)
        sender.send(b"")
    assert second.poll(int(DEADLINE * 1000))
    reactor.run()
    assert len(called) == 1


def test_a_reader_may_be_cancelled_closed_and_added_again_by_its_handler(
    reactor: Reactor, pair: Pair
) -> None:
    (sender, receiver), (other_sender, other) = pair(PUSH, PULL), pair(PUSH, PULL)
    called: list[str] = []

    def first(socket: Socket) -> None:
        called.append("first")
        socket.recv(DONTWAIT)
        reactor.cancel(socket)
        reactor.reader(socket, second)

    def second(socket: Socket) -> None:
        called.append("second")
        reactor.cancel(socket)
        socket.close()
        reactor.reader(other, third)

    def third(socket: Socket) -> None:
        called.append("third")
        reactor.stop()

    reactor.reader(receiver, first)
    sender.send_many([b"1", b"2"])
    other_sender.send(b"3")
    reactor.run()
    assert called == ["first", "second", "third"]


@pytest.mark.parametrize("who", ["reader", "timer"])
def test_a_reader_is_not_called_for_what_another_handler_has_received(
    reactor: Reactor, pair: Pair, who: str
) -> None:
    pairs = [pair(PUSH, PULL), pair(PUSH, PULL)]

    def take_all() -> None:
        reactor.timer(0, reactor.stop, times=1)
        for _, receiver in pairs:
            receiver.recv(DONTWAIT)

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
    reactor: Reactor, pair: Pair
) -> None:
    (flood, busy), (sender, receiver) = pair(PUSH, PULL), pair(PUSH, PULL)
    calls: list[str] = []

    def take(socket: Socket) -> None:
        calls.append("busy")
        flood.send(socket.recv(DONTWAIT))

    def end(socket: Socket) -> None:
        calls.append("other")
        reactor.stop()

    def tick() -> None:
        calls.append("timer")
        sender.send(b"")

    flood.send(b"")
    reactor.reader(busy, take)
    reactor.reader(receiver, end)
    reactor.timer(20, tick, times=1)
    reactor.run()
    assert calls.count("busy") > 1
    assert calls.count("timer") == 1
    assert calls.count("other") == 1


def test_registering_costs_nothing_per_round(
    reactor: Reactor, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, receiver = pair(PUSH, PULL)
    built = 0
    build = Poller._build

    def counted(poller: Poller) -> Any:
        nonlocal built
        built += 1
        return build(poller)

    monkeypatch.setattr(Poller, "_build", counted)
    left = 100

    def take(socket: Socket) -> None:
        nonlocal left
        socket.recv(DONTWAIT)
        left -= 1
        if not left:
            reactor.stop()

    reactor.reader(receiver, take)
    sender.send_many([b""] * 100)
    reactor.run()
    assert built == 1


def test_something_has_one_reader(reactor: Reactor, make: Make) -> None:
    socket = make(PULL)
    reactor.reader(socket, print)
    with pytest.raises(ValueError, match="has a reader"):
        reactor.reader(socket, print)
    reactor.cancel(socket)
    reactor.reader(socket, print)


def test_what_cannot_be_read_is_refused(reactor: Reactor) -> None:
    unreadable: Any = "tcp://*:5555"
    with pytest.raises(TypeError, match="sockets and descriptors"):
        reactor.reader(unreadable, print)
    reactor.cancel(unreadable)  # as one that was cancelled before


def test_a_closed_socket_is_named(reactor: Reactor, make: Make) -> None:
    socket = make(PULL)
    reactor.reader(socket, print)
    socket.close()
    with pytest.raises(SocketClosed, match="PULL"):
        reactor.run()
    reactor.cancel(socket)
    reactor.timer(0, reactor.stop)
    reactor.run()


# Timers


class Clock:
    """A clock that goes on by a millisecond with each look at it, and as it is told."""

    def __init__(self) -> None:
        self.now = 0

    def monotonic_ns(self) -> int:
        self.now += 1
        return self.now * 1_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of reactors."""
    clock = Clock()
    monkeypatch.setattr("zmqlite.reactor.time", clock)
    return clock


@pytest.mark.parametrize("times", [None, 0])
def test_a_timer_goes_on_for_ever(times: int | None) -> None:
    reactor = Reactor()
    calls = 0

    def tick() -> None:
        nonlocal calls
        calls += 1
        if calls == 20:
            reactor.stop()

    reactor.timer(1, tick, times)
    reactor.run()
    assert calls == 20


def test_run_returns_when_the_timers_have_made_all_their_calls() -> None:
    reactor = Reactor()
    calls: list[str] = []
    reactor.timer(1, lambda: calls.append("thrice"), times=3)
    reactor.timer(1, lambda: calls.append("once"), times=1)
    reactor.run()
    assert sorted(calls) == ["once", "thrice", "thrice", "thrice"]
    assert calls[:2] == ["thrice", "once"]  # of two at the same time the older one comes first
    reactor.run()  # there is nothing left


def test_a_timer_is_not_called_before_its_time(clock: Clock) -> None:
    reactor = Reactor()
    called: list[int] = []
    reactor.timer(50, lambda: called.append(clock.now), times=1)
    started = clock.now
    reactor.run()
    assert called[0] >= started + 50


def test_a_timer_does_not_drift(clock: Clock) -> None:
    reactor = Reactor()
    called: list[int] = []

    def tick() -> None:
        called.append(clock.now)
        clock.now += 7

    reactor.timer(20, tick, times=10)
    reactor.run()
    expected = range(called[0], called[0] + 200, 20)
    assert all(abs(real - due) < 10 for real, due in zip(called, expected, strict=True))


def test_a_timer_does_not_make_up_for_calls_it_missed(clock: Clock) -> None:
    reactor = Reactor()
    called: list[int] = []

    def tick() -> None:
        called.append(clock.now)
        if len(called) == 1:
            clock.now += 95  # longer than four intervals

    reactor.timer(20, tick, times=4)
    reactor.run()
    # The second call is late and stands for all that were missed; then it goes on as before.
    since = [round((now - called[0]) / 20, 1) for now in called]
    assert 4.7 < since[1] < 5.0
    assert [round(each) for each in since[2:]] == [5, 6]


def test_a_timer_without_an_interval_starves_no_reader(reactor: Reactor, pair: Pair) -> None:
    sender, receiver = pair(PUSH, PULL)
    reactor.timer(0, lambda: None)
    reactor.reader(receiver, lambda _: reactor.stop())
    sender.send(b"")
    reactor.run()


def test_a_timer_that_is_cancelled_is_not_called_even_in_the_same_round(clock: Clock) -> None:
    reactor = Reactor()
    called: list[str] = []

    def first() -> None:
        called.append("first")
        reactor.cancel(second)

    reactor.timer(5, first, times=1)
    second = reactor.timer(5, lambda: called.append("second"), times=1)
    clock.now += 10  # both are due
    reactor.run()
    assert called == ["first"]


def test_a_timer_may_cancel_itself_and_make_others() -> None:
    reactor = Reactor()
    called: list[str] = []

    def tick() -> None:
        called.append("tick")
        reactor.cancel(timer)
        reactor.timer(0, lambda: called.append("other"), times=1)

    timer = reactor.timer(0, tick)
    reactor.run()
    assert called == ["tick", "other"]


def test_cancelling_what_is_no_longer_there_does_nothing(reactor: Reactor, make: Make) -> None:
    socket = make(PULL)
    reactor.cancel(socket)
    timer = reactor.timer(0, reactor.stop, times=1)
    reactor.run()
    reactor.cancel(timer)
    reactor.cancel(timer)


def test_a_cancelled_timer_is_forgotten_at_once(reactor: Reactor) -> None:
    def tick() -> None: ...

    reference = weakref.ref(tick)
    reactor.cancel(reactor.timer(3_600_000, tick))
    del tick
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((1.5,), "an int, in milliseconds"),
        ((-1,), "0 milliseconds or more"),
        ((None,), "0 milliseconds or more"),
        ((10, print, -1), "times"),
        ((10, print, 1.5), "times"),
    ],
)
def test_a_senseless_timer_is_refused(
    reactor: Reactor, arguments: tuple[Any, ...], error: str
) -> None:
    interval, handler, times = (*arguments, print, None)[:3]
    with pytest.raises((TypeError, ValueError), match=error):
        reactor.timer(interval, handler, times)


# The end


def test_what_a_handler_raises_ends_run_and_leaves_everything_registered(
    reactor: Reactor, pair: Pair
) -> None:
    sender, receiver = pair(PUSH, PULL)
    got: list[bytes] = []

    def take(socket: Socket) -> None:
        got.append(socket.recv(DONTWAIT))
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


def test_after_stop_nobody_is_called_in_the_same_round(clock: Clock, pair: Pair) -> None:
    reactor = Reactor()
    pairs = [pair(PUSH, PULL), pair(PUSH, PULL)]
    called: list[str] = []

    def end(who: str) -> None:
        called.append(who)
        reactor.stop()

    for sender, receiver in pairs:
        sender.send(b"")
        assert receiver.poll(int(DEADLINE * 1000))
        reactor.reader(receiver, lambda _: end("reader"))
    reactor.run()
    assert called == ["reader"]
    reactor.timer(1, lambda: end("timer"))
    reactor.timer(1, lambda: end("timer"))
    clock.now += 10  # both are due
    reactor.run()
    assert called == ["reader", "timer"]


def test_a_stop_before_run_holds_for_one_run(reactor: Reactor) -> None:
    called: list[str] = []
    reactor.timer(0, lambda: called.append("timer"), times=1)
    reactor.stop()
    reactor.run()
    assert called == []
    reactor.timer(1, reactor.stop)
    reactor.run()
    assert called == ["timer"]


def test_any_thread_may_stop_it(reactor: Reactor, make: Make, run: Run) -> None:
    reactor.reader(make(PULL), print)
    started = threading.Event()
    reactor.timer(0, started.set, times=1)
    task = run(reactor.run)
    assert started.wait(DEADLINE)
    reactor.stop()
    task.result()


def test_while_it_runs_it_belongs_to_that_thread(reactor: Reactor, make: Make, run: Run) -> None:
    socket = make(PULL)
    timer = reactor.timer(3_600_000, print)
    started = threading.Event()
    reactor.timer(0, started.set, times=1)
    task = run(reactor.run)
    assert started.wait(DEADLINE)
    with pytest.raises(RuntimeError, match="another thread"):
        reactor.reader(socket, print)
    with pytest.raises(RuntimeError, match="another thread"):
        reactor.timer(10, print)
    with pytest.raises(RuntimeError, match="another thread"):
        reactor.cancel(timer)
    with pytest.raises(RuntimeError, match="runs already"):
        reactor.run()
    reactor.stop()
    task.result()
    reactor.cancel(timer)
    reactor.reader(socket, print)


def test_a_handler_cannot_run_it_again(reactor: Reactor) -> None:
    reactor.timer(0, reactor.run)
    with pytest.raises(RuntimeError, match="runs already"):
        reactor.run()


@pytest.mark.parametrize("where", ["waits", "in a handler"])
def test_the_end_of_the_context_is_raised(
    reactor: Reactor, context: Context, make: Make, run: Run, where: str
) -> None:
    socket, other = make(PULL), make(PAIR)
    reactor.reader(socket, print)
    started = threading.Event()

    def begin() -> None:
        started.set()
        if where == "in a handler":
            other.poll(events=POLLOUT)

    reactor.timer(0, begin, times=1)
    task = run(reactor.run)
    assert started.wait(DEADLINE)
    context.shutdown()
    with pytest.raises(ContextTerminated):
        task.result()


IDLE = """
with zmq.Context() as context, context.socket(zmq.PULL) as s:
    reactor = zmq.Reactor()
    reactor.reader(s, print)
    reactor.timer(60_000, print)
"""


def seconds_to_react(source: str, number: signal.Signals) -> float:
    """Have a program run a reactor again and again; how long a signal takes to end it."""
    with Program(IDLE + source) as program:
        times = []
        for _ in range(TRIES):
            assert program.line() == "runs"
            program.wait_until_asleep()
            sent = program.send_signal(number)
            times.append(float(program.line()) - sent)
        return min(times)


def test_ctrl_c_ends_it_at_once() -> None:
    source = """
    while True:
        say("runs")
        try:
            reactor.run()
        except KeyboardInterrupt:
            say(time.monotonic())
"""
    assert seconds_to_react(source, signal.SIGINT) < QUICKLY


def test_a_signal_handler_may_stop_it() -> None:
    source = """
    signal.signal(signal.SIGTERM, lambda *_: reactor.stop())
    while True:
        say("runs")
        reactor.run()
        say(time.monotonic())
"""
    assert seconds_to_react(source, signal.SIGTERM) < QUICKLY


def test_a_handler_comes_to_its_end_where_a_signal_handler_stops() -> None:
    source = """
        reactor = zmq.Reactor()
        signal.signal(signal.SIGTERM, lambda *_: reactor.stop())
        def work():
            signal.raise_signal(signal.SIGTERM)
            say("done")
        reactor.timer(0, work)
        reactor.run()
        say("returned")
        """
    assert run(source).succeeded() == "done\nreturned\n"


def test_a_signal_handler_may_cancel_what_is_waited_for() -> None:
    source = """
        with zmq.Context() as context, context.socket(zmq.PAIR) as a, context.socket(zmq.PAIR) as b:
            b.connect(a.bind("inproc://pipe"))
            reactor = zmq.Reactor()
            reactor.reader(b, lambda _: say("never"))
            def handle(*_):
                reactor.cancel(b)
                a.send(b"")
            signal.signal(signal.SIGALRM, handle)
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            reactor.run()
            say("returned")
        """
    assert run(source).succeeded() == "returned\n"


def test_a_forked_child_cannot_run_it() -> None:
    source = """
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        with zmq.Context() as context, context.socket(zmq.PULL) as s:
            reactor = zmq.Reactor()
            reactor.reader(s, print)
            child = os.fork()
            if child == 0:
                try:
                    reactor.run()
                except zmq.ForkedProcess:
                    os._exit(7)
            say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            reactor.timer(0, reactor.stop)
            reactor.run()
        """
    assert run(source).succeeded() == "7\n"
