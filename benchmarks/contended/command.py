"""`python -m benchmarks contended`: calls beside another thread of the same process."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ..alternating import Command, Found
from .report import tables, verdict
from .rows import matching


class Contended(Command):
    """What a loop of calls and another thread leave to each other."""

    name = "contended"
    summary = __doc__ or ""
    rounds = 10

    def matching(self, patterns: Sequence[str]) -> list[str]:
        return [row.name for row in matching(patterns)]

    def question(self, row: str) -> str:
        return row

    def report(self, found: Found) -> list[Table | str]:
        return tables(found)

    def verdicts(self, found: Found) -> dict[str, str]:
        return {name: verdict(name, found) for name in found.samples}
