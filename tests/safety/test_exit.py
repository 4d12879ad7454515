"""The end of a program, whatever it left behind, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from attacks import exits
from attacks.exit_support import ENDS
from calls import WAITS
from program_support import QUICKLY, TRIES, Program, said
from support import DEADLINE, slow

import zmqlite as zmq
from zmqlite.constants import ETERM
from zmqlite.context import _silence_daemons

SLACK = 1.0
"""Seconds that an end may take beyond the linger."""


QUICK = ["recv"]
SLOW = [
    "iteration",
    "proxy",
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


# What every change is tried on, of the ways to end; the others take a minute.
AT_ONCE = ("close_and_term", "garbage_in_a_cycle", "end_of_the_program", "daemons_in_every_call")


@pytest.mark.parametrize("end", [each if each in AT_ONCE else slow(each) for each in ENDS])
def test_a_program_ends_in_time_without_a_complaint(end: str) -> None:
    exits.seconds(end)


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_program_ends_so_in_development_mode_too(end: str) -> None:
    exits.seconds(end, *exits.STRICT)


@pytest.mark.slow
def test_the_default_linger_is_five_seconds() -> None:
    with Program("safety/ends", "default_linger") as program:
        assert program.line() == "ends"
        start = time.monotonic()
        program.end(DEADLINE).succeeded()
        assert 4.9 < time.monotonic() - start < 5 + SLACK


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


@pytest.mark.slow
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


@pytest.mark.parametrize("ending", ["term", slow("with"), slow("last reference")])
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
    with Program("safety/ends", "many_which_linger_long") as program:
        assert program.line() == "ends"
        program.wait_until_asleep()
        program.send_signal(signal.SIGINT)
        program.end(SLACK)


@pytest.mark.slow
def test_a_term_that_was_interrupted_is_gone_on_with() -> None:
    # The first call raises at once, the second waits for the rest of the linger.
    assert said("safety/ends", "term_interrupted") == "True False\nTrue True\n"


@pytest.mark.parametrize("kept", ["socket", slow("both"), slow("context")])
def test_what_outlives_the_modules_of_the_package_goes_without_a_complaint(kept: str) -> None:
    assert said("safety/ends", "outlives_the_modules", kept) == ""
