"""The types of the fixtures that play scenarios of the Guide and start its programs."""

from __future__ import annotations

from typing import Protocol

from ports import Programs

from examples.guide.basics import Api


class Play(Protocol):
    """The fixture `play`."""

    def __call__(self, name: str) -> dict[str, list[str]]: ...


class ProgramsOf(Protocol):
    """The fixture `programs_of`."""

    def __call__(self, api: Api, chapter: str) -> Programs: ...
