"""Fixtures of the Guide's tests: scenarios to be played, and programs to talk to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from launched import Place
from playing import Play, ProgramsOf
from ports import Programs

from examples.guide.basics import PYTHON, Api, C
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


@pytest.fixture(params=[PYTHON, C], ids=["Python", "C"])
def api(request: pytest.FixtureRequest) -> Api:
    """The two ways in which the programs of chapters 1 and 2 are written."""
    found = request.param
    assert isinstance(found, Api)
    return found


@pytest.fixture
def programs_of(tmp_path: Path, context: Context) -> Iterator[ProgramsOf]:
    """Programs of chapter 1 or 2 written for an API, which are ended before the context is."""
    with contextlib.ExitStack() as ends:

        def programs_of(api: Api, chapter: str) -> Programs:
            programs = Programs(tmp_path, api.package(chapter))
            ends.callback(programs.end)
            return programs

        yield programs_of
