"""The examples with asyncio: each scenario under the launcher, as a user runs it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from launched import Place

from examples.aio.scenarios import SCENARIOS


def play(path: Path, name: str) -> dict[str, list[str]]:
    result = Place(path).run("-m", "examples", "run", name, "--fast")  # which looks around
    assert result.code == 0, result
    return result.printed


def test_every_scenario_is_tested() -> None:
    assert {scenario.name for scenario in SCENARIOS} == {"aio-echo", "aio-ticker", "aio-pool"}


def test_a_hundred_clients_get_their_replies(tmp_path: Path) -> None:
    printed = play(tmp_path, "aio-echo")
    assert printed["clients"] == ["100 clients got 1000 of 1000 replies"]
    assert printed["server"][1:] == ["served 1000 requests"]


def test_a_subscriber_that_times_out_misses_nothing(tmp_path: Path) -> None:
    lines = play(tmp_path, "aio-ticker")["subscriber"]
    assert "nothing for 50 ms" in lines
    assert [line for line in lines if line.startswith("ABC")] == [
        f"ABC {n}" for n in range(101, 111)
    ]


def test_a_pool_that_is_told_to_end_leaves_no_task_undone(tmp_path: Path) -> None:
    printed = play(tmp_path, "aio-pool")
    _, *did, last = printed["manager"]
    tasks = [re.fullmatch(r"(ada|bob) did task (\d+): (\d+)", line) for line in did]
    assert all(tasks)
    numbers = [(int(task[2]), int(task[3])) for task in tasks if task]
    assert sorted(numbers) == [(number, number**2) for number in range(1, 101)]
    shares = {
        name: sum(task is not None and task[1] == name for task in tasks) for name in ("ada", "bob")
    }
    assert last == f"all 100 tasks are done: ada {shares['ada']}, bob {shares['bob']}"
    assert printed["ada"] == ["ada takes no more", f"ada has done {shares['ada']} tasks"]
    assert printed["bob"][-1] == f"bob has done {shares['bob']} tasks"
    assert shares["ada"] < shares["bob"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "program",
    ["echo_server", "echo_clients", "ticker_publisher", "ticker_subscriber", "pool_manager"],
)
def test_a_program_that_waits_ends_on_a_signal_without_a_word(
    tmp_path: Path, program: str, number: signal.Signals
) -> None:
    """Those that connect wait for ever: nobody is there."""
    options = ["--connect" if program in ("echo_clients", "ticker_subscriber") else "--bind"]
    options += ["ipc://nobody" if options == ["--connect"] else "tcp://127.0.0.1:*"]
    place = Place(tmp_path)
    result = place.scenario(
        f"Part('waits', 'examples.aio.{program} {' '.join(options)}'), "
        f"Await('waits', ()), Kill('waits', signal.{number.name})"
    )
    assert result.code == 0, result
    assert not [
        line for line in result.printed.get("waits", []) if "Error" in line or "Traceback" in line
    ]
