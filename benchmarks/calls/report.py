"""What was measured of calls, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table

from ..alternating import NOT_MET
from ..report import table_of
from .rows import ROWS, Row

Samples = Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]
"""Nanoseconds, as `ns`, by row, library and round; a library without the call has no entry."""


@dataclass(frozen=True)
class Line:
    """The best round of each library for one row, and how that stands against its bars."""

    row: Row
    ours: float | None
    theirs: float
    default: float | None

    @property
    def ratio(self) -> float | None:
        """Our time as a part of pyzmq's."""
        return None if self.ours is None else self.ours / self.theirs

    @property
    def over_default(self) -> float | None:
        """Our time as a multiple of the default form's."""
        return None if self.ours is None or self.default is None else self.ours / self.default

    @property
    def verdict(self) -> str:
        """Whether both bars are met."""
        if self.ratio is None:
            return "no such call"
        if self.row.most == float("inf"):
            return ""
        met = self.ratio <= self.row.most
        if self.row.variant is not None and self.over_default is not None:
            met = met and self.over_default <= self.row.variant
        return "met" if met else NOT_MET


def lines(samples: Samples) -> list[Line]:
    """Make the lines of the table from the best round of each row."""
    best = {
        name: {library: min(found["ns"] for found in rounds) for library, rounds in each.items()}
        for name, each in samples.items()
    }
    return [
        Line(
            ROWS[name],
            each.get("zmqlite"),
            each["pyzmq"],
            best.get(ROWS[name].default or "", {}).get("zmqlite"),
        )
        for name, each in best.items()
    ]


def nanoseconds(value: float | None) -> str:
    """Write a time; nothing where there is none."""
    return "" if value is None else f"{value:,.0f}"


def compared(value: float | None, most: float | None) -> str:
    """Write a ratio and the bar that it is held against."""
    if value is None or most == float("inf"):
        return ""
    return f"{value:.2f}" + ("" if most is None else f" (at most {most:.2f})")


def table(found: Sequence[Line]) -> Table:
    """One line for each row."""
    made = table_of("call", "zmqlite, ns", "pyzmq, ns", "x pyzmq", "x default form", "bars")
    for each in found:
        made.add_row(
            each.row.name,
            nanoseconds(each.ours),
            nanoseconds(each.theirs),
            compared(each.ratio, each.row.most),
            compared(each.over_default, each.row.variant),
            each.verdict,
        )
    return made
