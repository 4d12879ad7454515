"""The launcher of the examples: its command line, and what it does when something goes wrong."""

from __future__ import annotations

import os
import pty
import re
import signal
from pathlib import Path

import pytest
from launched import LIMIT, Place

from examples.catalogue import SCENARIOS

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


# The command line


def test_without_fast_a_scenario_is_as_the_readme_says(place: Place) -> None:
    assert place.run("-m", "examples", "run", "feed").code == 0


@pytest.mark.parametrize("command", [[], ["list"]], ids=["nothing", "list"])
def test_the_list_says_what_each_example_is(place: Place, command: list[str]) -> None:
    result = place.run("-m", "examples", *command)
    assert result.code == 0
    listed = [re.fullmatch(r"  (\S+) +(\S.*)", line) for line in result.own]
    assert {match[1] for match in listed if match} == SCENARIOS.keys()


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        (
            ["fed"],
            r"There is no example 'fed'; did you mean feed\?",
            r"There are: feed, thread-c, .*",
        ),
        ([], ".*", ".*NAME.*"),
    ],
)
def test_an_unknown_name_is_refused(place: Place, words: list[str], first: str, last: str) -> None:
    result = place.run("-m", "examples", "run", *words)
    assert result.code == 2
    assert re.fullmatch(first, result.own[0])
    assert re.fullmatch(last, result.own[-1])


def test_a_terminal_gets_colours(place: Place) -> None:
    master, slave = pty.openpty()
    place.environment.pop("NO_COLOR", None)
    with place.start("-m", "examples", "run", "thread-c", stdout=slave) as process:
        os.close(slave)
        assert process.wait(LIMIT) == 0
    output = os.read(master, 65536)
    os.close(master)
    assert b"\33[36mprogram |\33[0m worker received: message 1\r\n" in output


# When something goes wrong


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("exit", "bad exited with 3"),
        ("exception", "bad exited with 1"),
        ("signal", "bad was ended by signal 9, Killed"),
        ("expect", r"bad ended without printing 'done \\d\\d'"),
        ("ready", "bad ended without printing 'up'"),
        ("willing", "500 ms were not enough for all to end"),
        ("unwilling", "500 ms were not enough for all to end"),
        ("interrupted", "it was ended by signal 2, Interrupt"),
        ("before", "1000 ms were not enough for other to print ['up']"),
        ("awaited", "short ended without printing 'more'"),
    ],
)
def test_what_fails_ends_all(place: Place, name: str, reason: str) -> None:
    result = place.scenario(name)
    assert result.code == 1
    assert result.own == [f"own failed: {reason}"]
    if "bad" in reason:
        assert result.printed["first"] == ["up"]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("killed", {"it": ["up", "up"]}),
        ("terminated", {"it": ["up", "up"]}),
        ("in turn", {"count": [f"number {number}" for number in range(10)]}),
        ("at once", {"it": ["up"], "other": ["noticed"]}),
        ("typed", {"echo": ["> one", "echo one", "> number 4", "echo number 4"]}),
        ("too late", {"it": ["up", "> too late"]}),
        ("talk", {"talk": ["x" * 200_000, "", "\N{REPLACEMENT CHARACTER}", "half"]}),
    ],
)
def test_what_is_killed_awaited_typed_and_printed(
    place: Place, name: str, printed: dict[str, list[str]]
) -> None:
    result = place.scenario(name)
    assert result.code == 0, result
    assert result.printed == printed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes(place: Place, number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # nohup has it ignored, and children with it
    try:
        with place.start("-m", "examples", "run", "feed") as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.endswith("received item 1\n"):
                    break
            assert len(place.processes()) == 3
            process.send_signal(number)
            output, _ = process.communicate(timeout=LIMIT)
    finally:
        signal.signal(number, before)
    assert process.returncode == 128 + number
    assert output.endswith(f"feed failed: ended by {number.name}\n")
    assert place.is_clean()


def test_a_reader_that_leaves_ends_all_processes(place: Place) -> None:
    with place.start("-m", "examples", "run", "feed") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(LIMIT) == 1
    assert place.is_clean()
