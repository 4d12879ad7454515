"""Fixtures of the examples' tests: programs to talk to, which are ended before the context is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from ports import Programs, ProgramsOf

from examples.guide.basics import PYTHON, Api, C
from zmqlite import Context


@pytest.fixture
def programs(tmp_path: Path, context: Context) -> Iterator[Programs]:
    """Programs of examples.guide."""
    with contextlib.closing(Programs(tmp_path, "examples.guide")) as programs:
        yield programs


@pytest.fixture(params=[PYTHON, C], ids=["Python", "C"])
def api(request: pytest.FixtureRequest) -> Api:
    """The two ways in which programs of chapters 1 to 3 are written."""
    found = request.param
    assert isinstance(found, Api)
    return found


@pytest.fixture
def programs_of(tmp_path: Path, context: Context) -> Iterator[ProgramsOf]:
    """Programs of a chapter written for an API."""
    with contextlib.ExitStack() as ends:

        def programs_of(api: Api, chapter: str) -> Programs:
            return ends.enter_context(contextlib.closing(Programs(tmp_path, api.package(chapter))))

        yield programs_of
