"""Waiting in C: again after a signal, and never longer than was asked for."""

from __future__ import annotations

import errno
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from zmqlite import POLLIN, POLLOUT, Event
from zmqlite._zmq import lib
from zmqlite.waiting import EVENTS, poll_events, until, until_ready


class Attempts:
    """Something that a signal interrupts so many times: how long it was to take each time."""

    def __init__(self, interruptions: int, code: int, pause: float = 0) -> None:
        self.codes: Iterator[int] = iter([-errno.EINTR] * interruptions + [code])
        self.waits: list[int] = []
        self.pause = pause

    def __call__(self, ms: int) -> int:
        self.waits.append(ms)
        time.sleep(self.pause)
        return next(self.codes)


@pytest.mark.parametrize("code", [0, 5, -errno.EAGAIN, -errno.EBUSY])
@pytest.mark.parametrize("timeout", [-2, -1, 0, 1, 60_000])
def test_what_no_signal_interrupts_is_done_once(code: int, timeout: int) -> None:
    attempts = Attempts(0, code)
    assert until(attempts, timeout) == code
    assert attempts.waits == [timeout]


@pytest.mark.parametrize("timeout", [-2, -1, 0])
def test_what_has_no_end_or_no_wait_is_done_again_as_it_was(timeout: int) -> None:
    attempts = Attempts(5, 7, pause=0.002)
    assert until(attempts, timeout) == 7
    assert attempts.waits == [timeout] * 6


def test_the_remaining_time_gets_shorter_and_is_never_negative() -> None:
    attempts = Attempts(5, 7, pause=0.01)
    assert until(attempts, 25) == 7
    assert attempts.waits[0] == 25
    assert attempts.waits == sorted(attempts.waits, reverse=True)
    assert 10 <= attempts.waits[1] <= 15
    assert attempts.waits[-1] == 0


def test_a_poll_that_finds_something_ends_at_once() -> None:
    for timeout in (-1, 0, 5, 60_000):
        for code in (3, -errno.EBUSY):
            attempts = Attempts(0, code)
            assert until_ready(attempts, timeout) == code
            assert attempts.waits == [lib.ZL_SLICE if timeout < 0 else min(timeout, lib.ZL_SLICE)]


def test_a_poll_that_finds_nothing_ends_when_the_time_is_over() -> None:
    def nothing(ms: int) -> int:
        assert 0 <= ms <= min(lib.ZL_SLICE, timeout)
        time.sleep(ms / 1000)
        return 0

    for timeout in (0, 1, 20, lib.ZL_SLICE + 20):
        start = time.monotonic()
        assert until_ready(nothing, timeout) == 0
        assert timeout <= (time.monotonic() - start) * 1000 < timeout + 1000


def test_a_poll_goes_on_in_slices_and_after_signals() -> None:
    codes = iter([0, -errno.EINTR, 0, 0, -errno.EINTR, 5])
    waits: list[int] = []

    def poll(ms: int) -> int:
        waits.append(ms)
        return next(codes)

    assert until_ready(poll, -1) == 5
    assert waits == [lib.ZL_SLICE] * 6


def test_a_poll_that_was_interrupted_as_its_time_ended_looks_once_more() -> None:
    attempts = Attempts(1, 3, pause=0.002)
    assert until_ready(attempts, 1) == 3
    assert attempts.waits == [1, 0]


def test_an_exception_ends_the_wait() -> None:
    attempts = Attempts(3, 7)

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


@pytest.mark.parametrize(
    ("events", "error"),
    [(0, ValueError), (16, ValueError), (-1, ValueError), ("1", TypeError), (1.0, TypeError)],
)
def test_what_is_no_mask_of_events_is_refused(events: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="events are POLLIN"):
        poll_events(events)
