"""What was measured beside other threads, as two tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.table import Table

from ..alternating import NOT_MET, Found
from ..ratios import NOISE
from ..report import table_of
from .rows import COMPUTING, INTERVALS, OTHER, OWN, ROWS, Rate

Round = Mapping[str, Any]

TOO_NOISY: Final = "too noisy"

PARTS: Final = ("own", "other")


@dataclass(frozen=True)
class Kept:
    """The parts of their rates alone that the loop and the computing thread kept in one round."""

    own: float
    other: float

    @property
    def share(self) -> float:
        """How near that comes to both bars: at least 1 where both are met."""
        return min(self.own / OWN, self.other / OTHER)


def kept(rounds: Sequence[Round]) -> list[Kept]:
    """Compare each round with the best that was reached alone in any.

    A busy machine makes rates smaller, so this way it makes the parts smaller and never larger. A
    thread that did nothing at all, not even alone, kept nothing.
    """
    alone, other = (max(each[key] for each in rounds) or 1 for key in ("alone", "other alone"))
    return [Kept(each["together"] / alone, each["other together"] / other) for each in rounds]


def best(rounds: Sequence[Round]) -> Kept:
    """Return what was kept in the round that came nearest to both bars."""
    return max(kept(rounds), key=lambda each: each.share)


def parts(rounds: Sequence[Round]) -> str:
    """Write what was kept in the best round, and the medians of all."""
    chosen, found = best(rounds), kept(rounds)
    own, other = (statistics.median(getattr(each, key) for each in found) for key in PARTS)
    return f"{chosen.own:.3f}, {chosen.other:.2f} (median {own:.3f}, {other:.2f})"


def own_parts(found: Found) -> dict[str, dict[str, float]]:
    """Return the part that each loop of each library kept of its own rate, in the median round."""
    return {
        name: {
            library: statistics.median(each.own for each in kept(rounds))
            for library, rounds in found.samples[name].items()
        }
        for name in found.samples
        if isinstance(ROWS[name], Rate)
    }


def most(found: Found) -> float:
    """Return by how many milliseconds a sleep may be late."""
    return float(INTERVALS * found.about["interval"])


def verdict(name: str, found: Found) -> str:
    """Tell whether zmqlite's rounds meet the bars of a row; empty where there are none."""
    row, rounds = ROWS[name], found.samples[name]["zmqlite"]
    if isinstance(row, Rate):
        if busy(rounds):
            return TOO_NOISY
        return "met" if best(rounds).share >= 1 else NOT_MET
    if not row.barred:
        return ""
    if usual_most(rounds) <= most(found):
        return "met"
    beside_python = found.samples.get(COMPUTING, {}).get("zmqlite")
    late = beside_python is not None and usual_most(beside_python) > most(found)
    return TOO_NOISY if late else NOT_MET


def busy(rounds: Iterable[Round]) -> bool:
    """Whether other programs took so much of the machine that no part says anything.

    Then the thread that computes reaches different rates even alone.
    """
    rates = [float(each["other alone"]) for each in rounds]
    return statistics.median(rates) < (1 - NOISE) * max(rates)


def sleeps(rounds: Iterable[Round]) -> list[float]:
    """Put together by how many milliseconds all sleeps were late."""
    return [late for each in rounds for late in each["late"]]


def usual_most(rounds: Iterable[Round]) -> float:
    """Return the median of what the latest sleep of each round was late by.

    What a call does is seen in every round, what other programs on the machine do is not.
    """
    return statistics.median(float(max(each["late"])) for each in rounds)


def rates_table(found: Found) -> Table:
    """One line for each loop beside a thread that computes."""
    table = table_of("loop of", "zmqlite alone", "zmqlite keeps", "pyzmq keeps", "bars")
    for name, each in found.samples.items():
        if isinstance(ROWS[name], Rate):
            ours = each["zmqlite"]
            alone = max(sample["alone"] for sample in ours)
            cells = parts(ours), parts(each["pyzmq"]), verdict(name, found)
            table.add_row(name, f"{alone:,.0f} /s", *cells)
    return table


def late_table(found: Found) -> Table:
    """One line for each thing that a thread sleeps beside, and each library."""
    table = table_of(
        "a thread that sleeps", "library", "median", "most of a round", "most", "over", "bar"
    )
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
                f"{usual_most(rounds):.2f} ms",
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
            f"By how much sleeps of a millisecond were too long in {found.rounds} rounds: the "
            "median, the most of a round in the median round, the most of all, and how many were "
            f"over {INTERVALS} switch intervals, {most(found):g} ms, which is the bar for the most "
            "of a round.",
        ]
    return parts
