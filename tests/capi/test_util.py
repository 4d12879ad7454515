"""Timers, counters, stopwatches and threads where Python is called back, or something is stale."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from capi.given import refused
from support import Task

import zmqlite
from zmqlite.capi import *


def due(*handlers: Callable[[int, Any], object], interval: int = 1) -> void_p:
    """Timers that are all due."""
    timers = zmq_timers_new()
    for handler in handlers:
        assert zmq_timers_add(timers, interval, handler, None) > 0
    time.sleep(0.005)
    return timers


class TestTimers:
    def test_what_a_handler_raises_comes_out_of_execute(self) -> None:
        called: list[str] = []

        def fail(timer_id: int, arg: object) -> None:
            called.append("fail")
            raise KeyError("from a handler")

        timers = due(fail, lambda *args: called.append("after"))
        with pytest.raises(KeyError, match="from a handler"):
            zmq_timers_execute(timers)
        assert called == ["fail", "after"]
        time.sleep(0.005)
        with pytest.raises(KeyError):
            zmq_timers_execute(timers)

    @pytest.mark.parametrize("error", [zmqlite.Again(EAGAIN, "busy"), OverflowError("too large")])
    def test_an_exception_that_means_a_failure_elsewhere_comes_out(self, error: Exception) -> None:
        def fail(timer_id: int, arg: object) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            zmq_timers_execute(due(fail))
        assert caught.value is error

    def test_a_signal_handler_that_raises_loses_no_timer(self) -> None:
        """Whatever it interrupts, each timer stays and runs again."""
        calls: list[int] = []
        timers = due(*[lambda timer_id, arg: calls.append(timer_id)] * 3)
        interrupted = 0

        def interrupt(signum: int, frame: object) -> None:
            raise InterruptedError

        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            while interrupted < 300:
                try:
                    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-6, 2e-4))
                    while True:
                        zmq_timers_execute(timers)
                        zmq_timers_reset(timers, 2)
                        zmq_timers_set_interval(timers, 3, 1)
                except InterruptedError:
                    interrupted += 1
                except BaseExceptionGroup as group:
                    interrupted += len(group.exceptions)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        calls.clear()
        time.sleep(0.005)
        assert Task(zmq_timers_execute, timers).result() == 0
        assert sorted(calls) == [1, 2, 3]

    def test_what_several_handlers_raise_comes_out_together(self) -> None:
        def fail(timer_id: int, arg: object) -> None:
            raise KeyError(timer_id)

        with pytest.raises(BaseExceptionGroup) as caught:
            zmq_timers_execute(due(fail, fail))
        assert [error.args for error in caught.value.exceptions] == [(1,), (2,)]

    def test_one_with_interval_0_ends_when_its_handler_raises(self) -> None:
        calls: list[int] = []

        def third_time(timer_id: int, arg: object) -> None:
            calls.append(timer_id)
            if len(calls) == 3:
                raise KeyError("enough")

        timers = due(third_time, interval=0)
        with pytest.raises(KeyError, match="enough"):
            Task(zmq_timers_execute, timers).result()
        assert calls == [1, 1, 1]
        assert zmq_timers_timeout(timers) == -1
        timers = due(third_time)
        assert zmq_timers_set_interval(timers, 1, 0) == 0
        calls.clear()
        with pytest.raises(KeyError, match="enough"):
            Task(zmq_timers_execute, timers).result()

    def test_ctrl_c_in_a_handler_comes_out_of_execute(self) -> None:
        with pytest.raises(KeyboardInterrupt):
            zmq_timers_execute(due(lambda *args: signal.raise_signal(signal.SIGINT)))

    def test_timers_of_timers_keep_their_errors_apart(self) -> None:
        seen: list[object] = []

        def fail(timer_id: int, arg: object) -> None:
            raise KeyError("inner")

        def outer(timer_id: int, arg: object) -> None:
            with pytest.raises(KeyError, match="inner"):
                zmq_timers_execute(due(fail))
            seen.append(zmq_timers_execute(due(lambda *args: seen.append("called"))))

        def first(timer_id: int, arg: object) -> None:
            raise KeyError("outer")

        with pytest.raises(KeyError, match="outer"):
            zmq_timers_execute(due(first, outer))
        assert seen == ["called", 0]

    def test_a_handler_cannot_do_what_libzmq_would_not_survive(self) -> None:
        ran: list[int] = []
        timers: void_p = None

        def handler(timer_id: int, arg: object) -> None:
            refused(
                EBUSY,
                (zmq_timers_execute, timers),
                (zmq_timers_reset, timers, timer_id),
                (zmq_timers_set_interval, timers, timer_id, 10),
                (zmq_timers_timeout, timers),
                (zmq_timers_destroy, c_pointer(timers)),
            )
            ran.append(timer_id)

        timers = due(handler)
        assert zmq_timers_execute(timers) == 0
        assert ran == [1]
        assert zmq_timers_reset(timers, 1) == 0

    def test_another_thread_waits_for_its_turn(self) -> None:
        go, inside = threading.Event(), threading.Event()

        def handler(timer_id: int, arg: object) -> None:
            inside.set()
            go.wait(10)

        timers = due(handler)
        executing = Task(zmq_timers_execute, timers)
        inside.wait(10)
        adding = Task(zmq_timers_add, timers, 1000, handler, None)
        with pytest.raises(TimeoutError):
            adding.result(0.05)
        go.set()
        assert executing.result() == 0
        assert adding.result() == 2

    def test_many_threads_do_no_harm(self) -> None:
        timers, called = zmq_timers_new(), []

        def work() -> None:
            for _ in range(200):
                timer_id = zmq_timers_add(timers, 0, stop, None)
                zmq_timers_set_interval(timers, timer_id, 1)
                zmq_timers_timeout(timers)
                zmq_timers_execute(timers)
                zmq_timers_cancel(timers, timer_id)

        def stop(timer_id: int, arg: object) -> None:
            called.append(timer_id)
            zmq_timers_cancel(timers, timer_id)

        for task in [Task(work) for _ in range(4)]:
            task.result(30)
        assert len(set(called)) == len(called)

    def test_they_are_gone_after_destroy(self) -> None:
        timers = due(lambda *args: None)
        pointer = c_pointer(timers)
        assert zmq_timers_destroy(pointer) == 0
        assert pointer.value is None
        refused(
            EFAULT,
            *((zmq_timers_destroy, gone) for gone in (pointer, c_pointer(timers), None)),
            (zmq_timers_add, timers, 1, print, None),
            *((call, timers) for call in (zmq_timers_execute, zmq_timers_timeout)),
            *((call, timers, 1) for call in (zmq_timers_cancel, zmq_timers_reset)),
            (zmq_timers_set_interval, timers, 1, 1),
        )

    def test_what_is_no_function_is_refused(self) -> None:
        timers = zmq_timers_new()
        with pytest.raises(TypeError, match="handler"):
            zmq_timers_add(timers, 1, 5, None)  # type: ignore[arg-type]  # is what is tested
        with pytest.raises(TypeError, match="c_pointer"):
            zmq_timers_destroy(timers)  # type: ignore[arg-type]  # is what is tested
        with pytest.raises(ValueError, match="zmq_timers_add"):
            zmq_timers_add(timers, -1, print, None)


class TestCounters:
    def test_many_threads_count_right(self) -> None:
        counter = zmq_atomic_counter_new()

        def count() -> None:
            for _ in range(1000):
                zmq_atomic_counter_inc(counter)

        for task in [Task(count) for _ in range(4)]:
            task.result()
        assert zmq_atomic_counter_value(counter) == 4000

    def test_one_that_is_gone_is_refused(self) -> None:
        pointer = c_pointer(zmq_atomic_counter_new())
        counter = pointer.value
        assert zmq_atomic_counter_inc(counter) == 0
        zmq_atomic_counter_destroy(pointer)
        assert pointer.value is None
        for stale in (counter, None, zmq_timers_new(), zmq_stopwatch_start()):
            refused(
                EFAULT,
                (zmq_atomic_counter_inc, stale),
                (zmq_atomic_counter_dec, stale),
                (zmq_atomic_counter_value, stale),
                (zmq_atomic_counter_set, stale, 1),
                (zmq_atomic_counter_destroy, c_pointer(stale)),
            )
        with pytest.raises(TypeError, match="str"):
            zmq_atomic_counter_inc("counter")  # type: ignore[arg-type]  # is what is tested

    def test_one_that_is_destroyed_meanwhile_does_no_harm(self) -> None:
        def use(counter: void_p) -> None:
            while zmq_atomic_counter_inc(counter) >= 0:
                pass

        for _ in range(200):
            counter = zmq_atomic_counter_new()
            task = Task(use, counter)
            zmq_atomic_counter_destroy(c_pointer(counter))
            task.result()


def test_a_stopwatch_stops_once() -> None:
    watch = zmq_stopwatch_start()
    first = zmq_stopwatch_intermediate(watch)
    assert 0 <= first <= zmq_stopwatch_stop(watch)
    for stale in (watch, None, zmq_atomic_counter_new()):
        refused(EFAULT, (zmq_stopwatch_stop, stale), (zmq_stopwatch_intermediate, stale))


class TestThreads:
    def test_one_gets_its_argument_and_is_waited_for(self) -> None:
        got: list[object] = []

        def run(arg: list[object]) -> None:
            time.sleep(0.02)
            arg.append(threading.current_thread())

        thread = zmq_threadstart(run, got)
        zmq_threadclose(thread)
        assert len(got) == 1
        assert got[0] is not threading.current_thread()
        zmq_threadclose(thread)
        assert zmq_errno() == EFAULT

    def test_one_cannot_wait_for_itself(self) -> None:
        codes: list[int] = []
        ready = threading.Event()

        def run(arg: list[void_p]) -> None:
            ready.wait(10)
            zmq_threadclose(arg[0])
            codes.append(zmq_errno())

        handles: list[void_p] = []
        handles.append(zmq_threadstart(run, handles))
        ready.set()
        zmq_threadclose(handles[0])
        assert codes == [EINVAL]

    def test_none_is_to_be_had(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", fail)
        assert zmq_threadstart(print, None) is None
        assert zmq_errno() == EAGAIN

    def test_what_is_no_function_or_no_thread_is_refused(self) -> None:
        with pytest.raises(TypeError, match="func"):
            zmq_threadstart(5, None)  # type: ignore[arg-type]  # is what is tested
        zmq_threadclose(zmq_timers_new())
        assert zmq_errno() == EFAULT


@pytest.mark.slow
def test_a_sleep_lets_other_threads_run() -> None:
    ran: list[int] = []
    thread = zmq_threadstart(ran.append, 1)
    before = time.monotonic()
    zmq_sleep(1)
    assert time.monotonic() - before >= 0.9
    assert ran == [1]
    zmq_threadclose(thread)
