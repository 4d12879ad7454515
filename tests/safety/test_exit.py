"""The end of a program, whatever it left behind, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import pytest
from attacks.exit_support import ENDS, WAITS
from attacks.exits import COMMAND, SLACK, STRICT, seconds
from safety_support import Program, run

import zmqlite as zmq
from zmqlite import ContextTerminated, ZMQError
from zmqlite.constants import ETERM
from zmqlite.context import _silence_daemons

QUICKLY = 0.2
"""Seconds from Ctrl-C to KeyboardInterrupt."""

TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""

each_call = pytest.mark.parametrize("call", WAITS)


@pytest.mark.parametrize("end", [name for name, end in ENDS.items() if not end.lingers])
def test_a_program_ends_in_time_without_a_complaint(end: str) -> None:
    seconds(end)


@pytest.mark.slow
@pytest.mark.parametrize("end", ENDS)
def test_a_program_ends_so_in_development_mode_too(end: str) -> None:
    seconds(end, options=STRICT)


@pytest.mark.parametrize("end", [name for name, end in ENDS.items() if end.lingers])
def test_an_undeliverable_message_holds_up_the_end_for_its_linger(end: str) -> None:
    assert seconds(end) > 0.25


def test_the_default_linger_is_five_seconds() -> None:
    assert seconds("end_of_the_program", "default", limit=5 + SLACK) > 4.9


def test_a_linger_of_zero_does_not_hold_up_the_end() -> None:
    seconds("end_of_the_program", "0", limit=SLACK)


def test_a_linger_of_the_socket_overrules_that_of_the_context() -> None:
    seconds("linger_of_the_socket", "-1")


@each_call
def test_a_daemon_thread_that_waits_at_the_end_neither_holds_it_up_nor_complains(call: str) -> None:
    seconds("daemon_in", "0", call, limit=SLACK)


def test_what_else_a_daemon_thread_raises_at_the_end_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", shown.append)
    _silence_daemons()
    for error in (ContextTerminated(ETERM), ZMQError(ETERM), ValueError()):
        thrown = type(error), error, None, threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs(thrown))
    assert [args.exc_type for args in shown] == [ZMQError, ValueError]


def test_a_message_sent_right_before_the_end_still_arrives(tmp_path: Path) -> None:
    endpoint = f"ipc://{tmp_path}/late"
    with zmq.Context() as context, Program(COMMAND, "last_words", "", endpoint) as program:
        assert program.line() == "ends"
        receiver = context.socket(zmq.PULL)
        receiver.bind(endpoint)
        assert receiver.recv_multipart(timeout=4000) == [b"last", b"words"]
        program.end().succeeded()


@each_call
def test_ctrl_c_ends_a_blocking_call_at_once(call: str) -> None:
    with Program(COMMAND, "interrupted_call", "", call) as program:
        for _ in range(TRIES):
            assert program.line() == "calls"
            program.wait_until_asleep()
            sent = program.send_signal(signal.SIGINT)
            if float(program.line()) - sent < QUICKLY:
                return
    pytest.fail("it took longer")


def test_ctrl_c_ends_a_call_also_where_it_comes_while_libzmq_is_busy() -> None:
    peers = 20
    with Program(COMMAND, "interrupted_router") as program:
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


@pytest.mark.parametrize("how", ["term", "del", "with"])
def test_ctrl_c_ends_the_wait_for_the_linger_and_it_is_not_waited_for_again(how: str) -> None:
    for _ in range(TRIES):
        with Program(COMMAND, "interrupted_linger", "30000", how) as program:
            assert program.line() == "calls"
            program.wait_until_asleep()
            sent = program.send_signal(signal.SIGINT)
            interrupted = float(program.line())
            assert program.end(SLACK).code == 0
        if interrupted - sent < QUICKLY:
            return
    pytest.fail("it took longer")


def test_ctrl_c_as_the_program_ends_ends_all_contexts() -> None:
    many = "a_hundred_contexts_linger_at_the_same_time"
    with Program(COMMAND, many, "30000") as program:
        assert program.line() == "ends"
        program.wait_until_asleep()
        program.send_signal(signal.SIGINT)
        program.end(SLACK)


def test_term_goes_on_after_it_was_interrupted() -> None:
    assert run(COMMAND, "interrupted_term", "1000").succeeded() == "True False\nTrue True\n"


@pytest.mark.parametrize(
    "late", ["a_finaliser_that_uses_a_socket", "calls_after_the_contexts_have_ended"]
)
def test_who_uses_a_socket_as_the_program_ends_gets_an_exception(late: str) -> None:
    assert run(COMMAND, late).succeeded() == "ends\n" + "ContextTerminated\n" * 7


def test_a_context_made_as_the_program_ends_works_and_ends() -> None:
    assert run(COMMAND, "a_finaliser_that_makes_a_context").succeeded() == "ends\n100000\ndone\n"


@pytest.mark.parametrize("kept", ["socket", "context socket", "context"])
def test_what_outlives_the_modules_of_the_package_goes_without_a_complaint(kept: str) -> None:
    assert run(COMMAND, "what_outlives_the_modules", "", kept).succeeded() == ""
