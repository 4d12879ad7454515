"""The example of services: its scenario under the launcher, as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from launched import Place

from examples.rpc.scenarios import BROKER, FAILOVER
from examples.scenario import Scenario


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize(("scenario", "connections"), [(FAILOVER, 3), (BROKER, 2)])
def test_a_client_gets_all_answers_although_a_server_is_killed(
    tmp_path: Path, scenario: Scenario, connections: int
) -> None:
    result = Place(tmp_path).run("-m", "examples", "run", scenario.name, "--fast")
    assert result.code == 0, result
    assert result.printed["client"] == [
        "half of the numbers are squared",
        f"600 numbers squared over {connections} connections",
    ]
    assert result.printed["first"][-1] == result.printed["third"][-1] == "stopped"
