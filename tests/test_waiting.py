"""Waiting in C: again after a signal, and never longer than was asked for."""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from zmqlite import POLLIN, POLLOUT, Event
from zmqlite._zmq import lib
from zmqlite.waiting import events_of, poll_events, until, until_ready


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


def test_a_poll_that_finds_something_ends_at_once(clock: Clock) -> None:
    for timeout in (-1, 0, 5, 60_000):
        for code in (3, -errno.EBUSY):
            attempts = Attempts(clock, [code])
            assert until_ready(attempts, timeout) == code
            assert attempts.waits == [lib.ZL_SLICE if timeout < 0 else min(timeout, lib.ZL_SLICE)]


@pytest.mark.parametrize("timeout", [0, 1, 20, 99, 100, 101, 250])
def test_a_poll_that_finds_nothing_ends_when_the_time_is_over(timeout: int, clock: Clock) -> None:
    waits: list[int] = []

    def nothing(ms: int) -> int:
        waits.append(ms)
        clock.now += ms / 1000
        return 0

    start = clock.now
    assert until_ready(nothing, timeout) == 0
    assert max(waits) <= lib.ZL_SLICE
    assert timeout - 0.001 <= (clock.now - start) * 1000 <= timeout + 1
    assert len(waits) <= timeout // lib.ZL_SLICE + 2


def test_a_poll_without_end_goes_on_in_slices_and_after_signals(clock: Clock) -> None:
    attempts = Attempts(clock, [0, INTERRUPTED, 0, 0, INTERRUPTED, 5], pause=lib.ZL_SLICE)
    assert until_ready(attempts, -1) == 5
    assert attempts.waits == [lib.ZL_SLICE] * 6


def test_a_poll_that_was_interrupted_as_its_time_ended_looks_once_more(clock: Clock) -> None:
    attempts = Attempts(clock, [INTERRUPTED, 3], pause=2)
    assert until_ready(attempts, 1) == 3
    assert attempts.waits == [1, 0]


@pytest.mark.parametrize("wait", [until, until_ready])
def test_an_exception_ends_the_wait(
    wait: Callable[[Callable[[int], int], int], int], clock: Clock
) -> None:
    attempts = Attempts(clock, [INTERRUPTED] * 3)

    def fail_second(ms: int) -> int:
        if attempts.waits:
            raise KeyError
        return attempts(ms)

    with pytest.raises(KeyError):
        wait(fail_second, -1)


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
    assert events_of(mask) == mask
    assert events_of(mask) is events_of(mask)


def test_events_have_their_names() -> None:
    assert events_of(1) is POLLIN
    assert events_of(3) == POLLIN | POLLOUT
    assert events_of(0) == 0
    assert all(isinstance(each, Event) for each in map(events_of, range(16)))


@pytest.mark.parametrize(
    ("events", "error"),
    [(0, ValueError), (16, ValueError), (-1, ValueError), ("1", TypeError), (1.0, TypeError)],
)
def test_what_is_no_mask_of_events_is_refused(events: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="events are POLLIN"):
        poll_events(events)
