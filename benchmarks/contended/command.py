"""`python -m benchmarks contended`: calls beside another thread of the same process."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from ..alternating import Command, Found
from ..patterns import matching
from ..plots import draw_bars
from .report import own_parts, tables, verdict
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

    def draw(self, found: Found, directory: Path) -> Path:
        title, unit = "Loops beside a thread that computes", "part of the rate alone that is kept"
        file = directory / "contended.svg"
        return draw_bars(title, own_parts(found), unit, 0.5, file, found.machine)

    def verdicts(self, found: Found) -> dict[str, str]:
        return {name: verdict(name, found) for name in found.samples}
