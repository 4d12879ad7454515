"""Medians and spreads of what the rounds measured, and whether that is enough to conclude."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NOISE: Final = 0.25
"""The spread, as a part of the median, from which on a machine is called too noisy."""


@dataclass(frozen=True)
class Summary:
    """A median, the quartiles around it, and of how many rounds."""

    median: float
    low: float
    high: float
    rounds: int

    @property
    def noisy(self) -> bool:
        """Whether the middle half of the rounds spreads too far to conclude anything close."""
        return self.high - self.low > NOISE * self.median


def summary(values: Sequence[float]) -> Summary:
    """Summarise what the rounds gave, one value each."""
    if len(values) == 1:
        return Summary(values[0], values[0], values[0], 1)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(median, low, high, len(values))


def paired(values: Sequence[float], baseline: Sequence[float]) -> Summary:
    """Summarise the ratios of two implementations, round by round, as they alternated."""
    return summary([value / base for value, base in zip(values, baseline, strict=True)])
