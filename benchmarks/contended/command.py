"""`python -m benchmarks contended`: calls beside another thread of the same process."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.table import Table

from ..alternating import Command, Found
from ..patterns import matching
from .report import tables, verdict
from .rows import ROWS


def part(text: str) -> float:
    """Read a part of the usual; argparse reports a ValueError."""
    if not 0.01 <= float(text) <= 1:
        raise ValueError
    return float(text)


class Contended(Command):
    """What a loop of calls and another thread leave to each other."""

    name = "contended"
    summary = __doc__ or ""
    rounds = 10

    def matching(self, patterns: Sequence[str]) -> list[str]:
        return [row.name for row in matching(ROWS, patterns)]

    def parser(self) -> argparse.ArgumentParser:
        parser = super().parser()
        parser.add_argument(
            "--part", type=part, default=1.0, help="of the usual messages and time, to try it out"
        )
        return parser

    def question(self, row: str, options: argparse.Namespace) -> str:
        return f"{row} {options.part}"

    def report(self, found: Found) -> list[Table | str]:
        return tables(found)

    def verdicts(self, found: Found) -> dict[str, str]:
        return {name: verdict(name, found) for name in found.samples}
