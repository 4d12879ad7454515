"""The type of the fixture that plays a scenario of the Guide."""

from __future__ import annotations

from typing import Protocol


class Play(Protocol):
    """The fixture `play`."""

    def __call__(self, name: str) -> dict[str, list[str]]: ...
