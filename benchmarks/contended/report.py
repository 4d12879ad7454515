"""What was measured beside other threads, as two tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from ..alternating import NOT_MET, Found
from ..report import table_of
from .rows import INTERVALS, OTHER, OWN, ROWS, Rate

Round = Mapping[str, Any]


def share(each: Round) -> float:
    """Return how near a round came to both bars: at least 1 where it met both."""
    return float(min(each["own"] / OWN, each["other"] / OTHER))


def best(rounds: Iterable[Round]) -> Round:
    """Return the round that came nearest to both bars."""
    return max(rounds, key=share)


def parts(rounds: Iterable[Round]) -> str:
    """Write what the best round kept, and the median of all."""
    kept = list(rounds)
    chosen = best(kept)
    own, other = (statistics.median(each[key] for each in kept) for key in ("own", "other"))
    return f"{chosen['own']:.3f}, {chosen['other']:.2f} (median {own:.3f}, {other:.2f})"


def most(found: Found) -> float:
    """Return by how many milliseconds a sleep may be late."""
    return float(INTERVALS * found.about["interval"])


def verdict(name: str, found: Found) -> str:
    """Tell whether zmqlite's rounds meet the bars of a row; empty where there are none."""
    row, rounds = ROWS[name], found.samples[name]["zmqlite"]
    if isinstance(row, Rate):
        met = share(best(rounds)) >= 1
    elif row.barred:
        met = max(sleeps(rounds)) <= most(found)
    else:
        return ""
    return "met" if met else NOT_MET


def sleeps(rounds: Iterable[Round]) -> list[float]:
    """Put together by how many milliseconds all sleeps were late."""
    return [late for each in rounds for late in each["late"]]


def rates_table(found: Found) -> Table:
    """One line for each loop beside a thread that computes."""
    table = table_of("loop of", "zmqlite alone", "zmqlite keeps", "pyzmq keeps", "bars")
    for name, each in found.samples.items():
        if isinstance(ROWS[name], Rate):
            ours = each["zmqlite"]
            alone = max(sample["rate"] for sample in ours)
            cells = parts(ours), parts(each["pyzmq"]), verdict(name, found)
            table.add_row(name, f"{alone:,.0f} /s", *cells)
    return table


def late_table(found: Found) -> Table:
    """One line for each thing that a thread sleeps beside, and each library."""
    table = table_of("a thread that sleeps", "library", "median", "most", "over the bar", "bar")
    for name, each in found.samples.items():
        if isinstance(ROWS[name], Rate):
            continue
        for library, rounds in each.items():
            late = sleeps(rounds)
            over = sum(value > most(found) for value in late)
            table.add_row(
                name,
                library,
                f"{statistics.median(late):.2f} ms",
                f"{max(late):.2f} ms",
                f"{over} of {len(late)}",
                verdict(name, found) if library == "zmqlite" else "",
            )
    return table


def tables(found: Found) -> list[Table | str]:
    """Write all there is to say."""
    parts: list[Table | str] = []
    rates = {name for name in found.samples if isinstance(ROWS[name], Rate)}
    if rates:
        parts += [
            rates_table(found),
            "The parts that a loop of calls, and a thread that computes in Python beside it, keep "
            f"of the rates that each has alone: the best of {found.rounds} rounds. The bars are "
            f"{OWN:.2f} and {OTHER:.2f}.",
        ]
    if rates != set(found.samples):
        parts += [
            late_table(found),
            f"By how much sleeps of a millisecond were too long in {found.rounds} rounds. The bar "
            f"is {INTERVALS} switch intervals, {most(found):g} ms.",
        ]
    return parts
