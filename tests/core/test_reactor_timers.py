"""The timers of a Reactor: when they are called, how often, and how they are cancelled."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from support import DEADLINE, Make, Pair

from zmqlite import PULL, PUSH, Reactor


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
        ((1.5,), "an int in milliseconds"),
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
