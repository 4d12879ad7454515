"""Where C would abort, hang or be undefined the process survives, and errno says why."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from capi.misuse import CASES
from checkout import TESTS, run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_process_survives(case: str, tmp_path: Path) -> None:
    env = {**TESTS, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)}
    done = run(sys.executable, "-m", "capi.misuse", case, env=env)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines()[-1] == "survived"
    assert not done.stderr
