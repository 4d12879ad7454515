"""The end of a program, whatever it left behind, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from calls import WAITS
from program_support import QUICKLY, TRIES, Program, said
from support import DEADLINE, slow

import zmqlite as zmq
from zmqlite.constants import ETERM
from zmqlite.context import _silence_daemons

SLACK = 1.0
"""Seconds that an end may take beyond the linger."""

ENDINGS = [
    "close_and_term",
    slow("term_alone"),
    slow("end_of_a_with_block"),
    slow("exception_in_a_with_block"),
    "last_reference",
    "garbage_in_a_cycle",
    "end_of_the_program",
    slow("sys_exit"),
    "uncaught_exception",
    slow("many_which_linger_at_the_same_time"),
    "inproc_that_nobody_bound",
    slow("a_monitor_that_nobody_reads"),
]

QUICK = ["recv", "iteration", "proxy"]
SLOW = [
    "send",
    "recv with a timeout",
    "recv_multipart",
    "recv_many",
    "poll",
    "Poller.poll",
    "Monitor.recv",
]
BLOCKED = [*QUICK, *map(slow, SLOW)]
assert {*QUICK, *SLOW} - set(WAITS) == {"Monitor.recv"}


def seconds_to_end(ending: str, *arguments: object, complaint: str = "") -> float:
    """How long a program lives on after it said that it ends."""
    with Program("safety/ends", ending, *arguments) as program:
        assert program.line() == "ends"
        start = time.monotonic()
        ended = program.end(DEADLINE)
        took = time.monotonic() - start
    assert ended.code == bool(complaint), ended
    assert complaint in ended.err, ended
    assert complaint or not ended.err, ended
    return took


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_undeliverable_message_holds_up_the_end_for_its_linger(ending: str) -> None:
    least = 0 if "inproc" in ending else 0.25  # libzmq drops those at once
    complaint = "RuntimeError" if ending == "uncaught_exception" else ""
    assert least < seconds_to_end(ending, 300, complaint=complaint) < 0.3 + SLACK


@pytest.mark.slow
def test_the_default_linger_is_five_seconds() -> None:
    assert 4.9 < seconds_to_end("end_of_the_program", "") < 5 + SLACK


def test_a_linger_of_zero_does_not_hold_up_the_end() -> None:
    assert seconds_to_end("end_of_the_program", 0) < SLACK


def test_a_linger_of_the_socket_overrules_that_of_the_context() -> None:
    assert seconds_to_end("close_and_term", -1, 300) < 0.3 + SLACK


@pytest.mark.parametrize("wait", BLOCKED)
def test_a_daemon_thread_that_waits_holds_up_no_end_and_leaves_no_traceback(wait: str) -> None:
    assert seconds_to_end("daemon_that_waits", wait) < SLACK


def test_what_else_a_daemon_thread_raises_at_the_end_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    _silence_daemons()
    for error in (zmq.ContextTerminated(ETERM), zmq.ZMQError(ETERM), ValueError()):
        thrown = type(error), error, None, threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs(thrown))
    assert [args.exc_type for args in shown] == [zmq.ZMQError, ValueError]


def test_a_message_sent_right_before_the_end_still_arrives(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/late"
    with zmq.Context() as context, Program("safety/ends", "last_words", endpoint) as program:
        assert program.line() == "ends"
        receiver = context.socket(zmq.PULL)
        receiver.bind(endpoint)
        assert receiver.recv_multipart(timeout=4000) == [b"last", b"words"]
        program.end().succeeded()


@pytest.mark.parametrize("wait", BLOCKED)
def test_ctrl_c_ends_a_blocking_call_at_once(wait: str) -> None:
    with Program("safety/ends", "interrupted", wait) as program:
        for _ in range(TRIES):
            assert program.line() == "calls"
            if program.reaction(signal.SIGINT) < QUICKLY:
                return
    pytest.fail("it took longer")


def test_ctrl_c_ends_a_call_also_where_it_comes_while_libzmq_is_busy() -> None:
    peers = 20
    with Program("safety/ends", "interrupted_while_libzmq_is_busy") as program:
        endpoint = program.line()
        for _ in range(12):
            with zmq.Context(linger=1000) as context:
                dealers = [context.socket(zmq.DEALER) for _ in range(peers)]
                for dealer in dealers:
                    dealer.connect(endpoint)
                    dealer.send(b"here")
                for _ in range(peers):
                    assert program.line() == "received"
            # What libzmq is busy with are the peers that left.
            program.send_signal(signal.SIGINT)
            assert program.line(deadline=5) == "interrupted"


@pytest.mark.parametrize("ending", ["term", "with", "last reference"])
def test_ctrl_c_ends_the_wait_for_the_linger_and_it_is_not_waited_for_again(ending: str) -> None:
    for _ in range(TRIES):
        with Program("safety/ends", "interrupted_in_the_linger", ending) as program:
            assert program.line() == "calls"
            took = program.reaction(signal.SIGINT)
            assert program.end(SLACK).code == 0
        if took < QUICKLY:
            return
    pytest.fail("it took longer")


def test_ctrl_c_as_the_program_ends_ends_all_contexts() -> None:
    with Program("safety/ends", "many_which_linger_at_the_same_time", 30_000) as program:
        assert program.line() == "ends"
        program.wait_until_asleep()
        program.send_signal(signal.SIGINT)
        program.end(SLACK)


@pytest.mark.parametrize(
    ("program", "out"),
    [
        # The first call raises at once, the second waits for the rest of the linger.
        ("term_interrupted", "True False\nTrue True\n"),
        ("finaliser_that_uses_a_socket", "ContextTerminated\n" * 7),
        ("finaliser_that_makes_a_context", "100000\ndone\n"),
    ],
)
def test_an_end_is_gone_on_with_and_what_is_done_late_raises_or_works(
    program: str, out: str
) -> None:
    assert said("safety/ends", program) == out


@pytest.mark.parametrize("kept", ["socket", "both", "context"])
def test_what_outlives_the_modules_of_the_package_goes_without_a_complaint(kept: str) -> None:
    assert said("safety/ends", "outlives_the_modules", kept) == ""
