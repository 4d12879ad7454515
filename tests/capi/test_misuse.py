"""Where C would abort, hang or be undefined the process survives, and errno says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from capi.misuse import CASES
from checkout import TESTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_process_survives(case: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "capi.misuse", case],
        env={**os.environ, **TESTS, "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines()[-1] == "survived"
    assert not done.stderr
