"""`python -m benchmarks calls`: what every form of a call costs, beside pyzmq's."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from ..alternating import Command, Found
from ..patterns import matching
from ..plots import draw_bars
from .report import lines, table
from .rows import ROWS


class Calls(Command):
    """Processor time of the thread for each form of a call."""

    name = "calls"
    summary = __doc__ or ""
    rounds = 30

    def matching(self, patterns: Sequence[str]) -> list[str]:
        return [row.name for row in matching(ROWS, patterns)]

    def question(self, row: str, options: argparse.Namespace) -> str:
        return f"{row} {ROWS[row].count}"

    def report(self, found: Found) -> list[Table | str]:
        return [
            table(lines(found.samples)),
            "Nanoseconds of processor time of the thread for one call, the best of "
            f"{found.rounds} rounds, the loop included.",
        ]

    def draw(self, found: Found, directory: Path) -> Path:
        faster = {
            each.row.name: {"zmqlite": each.theirs / each.ours}
            for each in lines(found.samples)
            if each.ours is not None and each.verdict
        }
        unit = "times as fast as pyzmq, by processor time of the thread"
        return draw_bars("Calls", faster, unit, 1, directory / "calls.svg", found.machine)

    def verdicts(self, found: Found) -> dict[str, str]:
        return {each.row.name: each.verdict for each in lines(found.samples)}
