"""The example: keys, a server, a client that is let in and one that is not, a revoked key."""

from __future__ import annotations

from pathlib import Path

import pytest
from launched import Place

from examples.secure.scenarios import SCENARIOS


@pytest.mark.slow
@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_a_scenario_prints_what_it_should_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    result = Place(tmp_path).run("-m", "examples", "run", name, "--fast")
    assert result.code == 0, result
