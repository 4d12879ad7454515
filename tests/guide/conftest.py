"""Fixtures of the Guide's tests: scenarios to be played, and programs to talk to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from launched import Place
from playing import Play
from ports import Programs

from zmqlite import Context


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Play a scenario fast, and return what each of its processes printed; it must end well."""

    def play(name: str) -> dict[str, list[str]]:
        result = Place(tmp_path).run("-m", "examples", "run", name, "--fast")
        assert result.code == 0, result
        return result.printed

    return play


@pytest.fixture
def programs(tmp_path: Path, context: Context) -> Iterator[Programs]:
    """Programs of examples.guide, which are ended before the context is."""
    programs = Programs(tmp_path, "examples.guide")
    yield programs
    programs.end()
