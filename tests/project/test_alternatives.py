"""`python -m benchmarks alternatives`: what is counted, and how it is reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.alternatives import command, servers
from benchmarks.alternatives.tasks import Tally, payload


def test_a_tally_counts_each_number_once_and_is_over_with_the_last() -> None:
    tally = Tally(last=3, idle=60)
    for number in (0, 1, 1):
        tally.note(payload(number))
    assert not tally.over
    tally.note(payload(3))
    assert tally.over
    found = tally.result()
    assert (found["received"], found["doubled"]) == (3, 1)


def test_a_tally_is_over_when_nothing_comes() -> None:
    assert not Tally(last=3, idle=60).over
    assert Tally(last=3, idle=0).over


def test_a_system_without_a_middle_has_no_restart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    restart = {"lost": 4, "doubled": 0, "gap": 9.51}
    samples = {
        "zmqlite": {"latency": [70], "throughput": [9e5], "late": [500], "restart": [None]},
        "NATS": {"latency": [500], "throughput": [9e4], "late": [0], "restart": [restart]},
    }
    file = tmp_path / "samples.json"
    file.write_text(json.dumps(samples))
    assert command.main(["--from", str(file)]) == 0
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in capsys.readouterr().out.splitlines()
        if line.startswith(("| zmqlite", "| NATS"))
    ]
    assert rows[0][3:] == ["500", "no middle", "", ""]
    assert rows[1][3:] == ["0", "4", "0", "9.5"]


def test_a_server_that_is_not_installed_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert servers.middle("NATS", "requests", tmp_path) is None


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_requests_and_messages_are_measured(tmp_path: Path) -> None:
    found = servers.middle("zmqlite, proxy", "numbers", tmp_path)
    assert found is not None
    with found:
        assert command.late("zmqlite, proxy", found.address) == command.LATE
