"""The examples with typed messages; guide/test_scenarios.py plays them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from checkout import ROOT, run

pytestmark = pytest.mark.slow


def test_the_message_of_the_example_is_the_message_of_the_vectors() -> None:
    example = (ROOT / "examples" / "proto" / "message.proto").read_text()
    assert example == (ROOT / "tests" / "proto" / "schemas" / "message.proto").read_text()


def test_without_protoc_an_example_says_what_to_install() -> None:
    program = Path(__file__).parent / "programs" / "without_protoc.py"
    done = run(sys.executable, program, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert done.stderr == "this example needs protoc: pip install -e '.[examples]'\n"
