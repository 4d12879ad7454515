"""The example of services: its scenario under the launcher, as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from launched import Place

from examples.rpc.scenarios import SCENARIOS


@pytest.mark.slow
def test_a_client_gets_all_answers_although_a_server_is_killed(tmp_path: Path) -> None:
    (scenario,) = SCENARIOS
    result = Place(tmp_path).run("-m", "examples", "run", scenario.name, "--fast")
    assert result.code == 0, result
    assert result.printed["client"] == [
        "half of the numbers are squared",
        "600 numbers squared by 3 servers",
    ]
    assert result.printed["first"][-1] == result.printed["third"][-1] == "stopped"
