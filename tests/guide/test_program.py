"""The way into a program: what its main gets, and how a signal ends it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from ports import Program, Programs
from support import eventually

pytestmark = pytest.mark.slow

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("a", ("a", (), 3, 0.5, False)),
        ("a b c", ("a", ("b", "c"), 3, 0.5, False)),
        ("--count 7 a --share 1 --long-name b", ("a", ("b",), 7, 1.0, True)),
    ],
    ids=["defaults", "others", "options"],
)
def test_main_gets_what_the_command_line_says(
    programs: Programs, arguments: str, expected: tuple[object, ...]
) -> None:
    assert programs.own("show", *arguments.split()).rest() == [repr(expected)]


def test_what_main_does_not_take_is_refused(programs: Programs) -> None:
    lines = programs.own("show", "a", "--count", "many").fail(2)
    assert "argument --count: invalid int value: 'many'" in lines[-1]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("how", ["sleep", "asyncio"])
def test_a_signal_ends_a_program_well(programs: Programs, how: str, number: signal.Signals) -> None:
    program = programs.own("waiting", how)
    assert program.line() == "up"
    assert program.end(number) == ["down"]


def test_a_program_that_fails_says_so(programs: Programs) -> None:
    assert programs.own("waiting", "fail").fail()[-1] == "ZeroDivisionError"


def waits(program: Program) -> bool:
    """Whether it has a handler for SIGTERM, and waits for something, and goes on doing so."""
    for _ in range(20):
        time.sleep(0.001)
        status = Path(f"/proc/{program.process.pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if "State:\tS" not in status or not caught >> (signal.SIGTERM - 1) & 1:
            return False
    return True


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {"bind": "tcp://127.0.0.1:*"}) for name in ("echo_server", "pool_manager")),
        *((name, {"connect": "ipc://nobody"}) for name in ("echo_clients", "ticker_subscriber")),
        ("ticker_publisher", {"bind": "tcp://127.0.0.1:*"}),
    ],
)
def test_a_program_with_asyncio_that_waits_ends_on_a_signal_without_a_word(
    programs: Programs, name: str, options: dict[str, str], number: signal.Signals
) -> None:
    """Those that connect wait for ever: nobody is there."""
    programs.package = "examples.aio"
    program = programs.start(name, **options)
    eventually(waits, program)
    assert not [line for line in program.end(number) if "Error" in line or "Traceback" in line]


# C ports


def test_ctrl_c_ends_a_port_that_cannot_see_it(programs: Programs) -> None:
    blocked = programs.own("deaf")
    assert blocked.line() == "Hello me"
    assert blocked.end() == []


def test_arguments_of_a_port(programs: Programs) -> None:
    programs.package = "examples.capi.ch1"
    assert programs.start("hwclient", connect="tcp://127.0.0.1:1", count=0).rest() == []
    programs.start("hwclient", cuont=5).fail(2)
