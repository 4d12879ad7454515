"""Waiting in C: again after a signal, and never longer than was asked for."""

from __future__ import annotations

import errno
import signal
import threading

import pytest

from zmqlite import POLLIN, POLLOUT, Event
from zmqlite.waiting import EVENTS, poll_events, until


class Clock:
    """What the module takes for the time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("zmqlite.waiting.time", clock)
    return clock


class Attempts:
    """What comes of each attempt, and after how many milliseconds: how long each was to take."""

    def __init__(self, clock: Clock, codes: list[int], pause: float = 0) -> None:
        self.clock = clock
        self.codes = iter(codes)
        self.waits: list[int] = []
        self.pause = pause

    def __call__(self, ms: int) -> int:
        self.waits.append(ms)
        self.clock.now += self.pause / 1000
        return next(self.codes)


INTERRUPTED = -errno.EINTR


@pytest.mark.parametrize("code", [0, 5, -errno.EAGAIN, -errno.EBUSY])
@pytest.mark.parametrize("timeout", [-2, -1, 0, 1, 60_000])
def test_what_no_signal_interrupts_is_done_once(code: int, timeout: int, clock: Clock) -> None:
    attempts = Attempts(clock, [code], pause=10)
    assert until(attempts, timeout) == code
    assert attempts.waits == [timeout]


@pytest.mark.parametrize("timeout", [-2, -1, 0])
def test_what_has_no_end_or_no_wait_is_done_again_as_it_was(timeout: int, clock: Clock) -> None:
    attempts = Attempts(clock, [INTERRUPTED] * 5 + [7], pause=10)
    assert until(attempts, timeout) == 7
    assert attempts.waits == [timeout] * 6


def test_the_remaining_time_gets_shorter_and_is_never_negative(clock: Clock) -> None:
    attempts = Attempts(clock, [INTERRUPTED] * 5 + [7], pause=9.75)
    assert until(attempts, 25) == 7
    assert attempts.waits == [25, 16, 6, 0, 0, 0]  # rounded so that it does not end early


def test_an_exception_ends_the_wait(clock: Clock) -> None:
    attempts = Attempts(clock, [INTERRUPTED] * 3)

    def fail_second(ms: int) -> int:
        if attempts.waits:
            raise KeyError
        return attempts(ms)

    with pytest.raises(KeyError):
        until(fail_second, -1)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals need the main thread"
)
def test_handlers_run_between_two_attempts() -> None:
    order: list[str] = []

    def attempt(ms: int) -> int:
        order.append("attempt")
        if len(order) == 1:
            signal.raise_signal(signal.SIGUSR1)
            return -errno.EINTR
        return 0

    before = signal.signal(signal.SIGUSR1, lambda *_: order.append("handler"))
    try:
        assert until(attempt, -1) == 0
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert order == ["attempt", "handler", "attempt"]


@pytest.mark.parametrize("mask", range(1, 16))
def test_every_mask_of_events_is_taken(mask: int) -> None:
    assert poll_events(mask) == poll_events(Event(mask)) == mask
    assert type(poll_events(Event(mask))) is int
    assert EVENTS[mask] == mask
    assert EVENTS[mask] is EVENTS[mask]


def test_events_have_their_names() -> None:
    assert EVENTS[1] is POLLIN
    assert EVENTS[3] == POLLIN | POLLOUT
    assert EVENTS[0] == 0
    assert all(isinstance(each, Event) for each in EVENTS)
