"""The way into a program: what its main gets, and how a signal ends it."""

from __future__ import annotations

import signal

import pytest
from ports import Programs

pytestmark = pytest.mark.slow

SHOW = """
import sys
from examples.program import run
def main(name: str, *others: str, count: int = 3, share: float = 0.5, long_name: bool = False):
    print(repr((name, others, count, share, long_name)))
sys.argv[1:] = {arguments!r}.split()
run(main)
"""

WAIT = """
import asyncio, time
from examples.program import run
def sleep():
    print("up")
    time.sleep(60)
async def sleep_in_a_loop():
    print("up")
    await asyncio.sleep(60)
def main():
    try:
        {wait}
    finally:
        print("down")
run(main)
"""


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
    program = programs.script(SHOW.format(arguments=arguments))
    assert program.rest() == [repr(expected)]


def test_what_main_does_not_take_is_refused(programs: Programs) -> None:
    program = programs.script(SHOW.format(arguments="a --count many"))
    assert program.process.wait(10) == 2
    assert "argument --count: invalid int value: 'many'" in program.process.communicate()[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "wait",
    ["sleep()", "asyncio.run(sleep_in_a_loop())"],
    ids=["sleep", "asyncio"],
)
def test_a_signal_ends_a_program_well(
    programs: Programs, wait: str, number: signal.Signals
) -> None:
    program = programs.script(WAIT.format(wait=wait))
    assert program.line() == "up"
    assert program.end(number) == ["down"]


def test_a_program_that_fails_says_so(programs: Programs) -> None:
    program = programs.script("from examples.program import run\nrun(lambda: 1 / 0)")
    assert program.process.wait(10) == 1
