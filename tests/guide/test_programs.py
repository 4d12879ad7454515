"""What holds for every program of the Guide."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from checkout import ROOT

from examples.catalogue import SCENARIOS

GUIDE = ROOT / "examples" / "guide"
PROGRAMS = sorted(
    path for path in GUIDE.glob("ch*/*.py") if 'if __name__ == "__main__":' in path.read_text()
)


def module(path: Path) -> str:
    return f"examples.guide.{path.parent.name}.{path.stem}"


@pytest.mark.parametrize("path", PROGRAMS, ids=module)
def test_a_program_says_how_it_is_started(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert f"python -m {module(path)}" in text


@pytest.mark.parametrize("path", PROGRAMS, ids=module)
def test_a_program_is_in_a_scenario(path: Path) -> None:
    played = {part.command.split()[0] for each in SCENARIOS.values() for part in each.parts}
    assert module(path) in played
