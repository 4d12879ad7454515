"""A Reactor in a process of its own: Ctrl-C, signal handlers that stop it, and fork."""

from __future__ import annotations

import signal

import pytest
from program_support import QUICKLY, TRIES, Program, said
from support import slow


@pytest.mark.parametrize("number", [signal.SIGINT, slow(signal.SIGTERM)])
def test_ctrl_c_and_a_signal_handler_that_stops_it_end_it_at_once(number: signal.Signals) -> None:
    with Program("core/reactors", "run_until", number.name) as program:
        for _ in range(TRIES):
            assert program.line() == "runs"
            if program.reaction(number) < QUICKLY:
                return
    pytest.fail("it took longer")


@pytest.mark.parametrize(
    ("program", "out"),
    [
        ("stopped_in_a_handler", "done\nreturned\n"),  # which comes to its end
        slow("cancelled_by_a_handler", "returned\n"),
        slow("changed_by_a_handler", "timer\nreturned\n"),
        ("parent_and_child", "7\nTrue\nFalse\n"),  # each stops its own
        slow("inherited_by_a_program", "False\n"),
        slow("inherited_by_a_child", "7\n"),  # is refused
    ],
)
def test_what_handlers_and_children_do_is_seen_at_once_and_disturbs_nobody(
    program: str, out: str
) -> None:
    assert said("core/reactors", program) == out
