"""What has to hold, as ratios of two implementations in the same rounds."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .ratios import Summary, paired
from .runner import Measurements


@dataclass(frozen=True)
class Bar:
    """A bound on the ratio of one implementation to another, over all cells that it names."""

    cells: str
    implementation: str
    baseline: str
    metric: str
    least: float | None = None
    most: float | None = None

    def applies(self, cell: str) -> bool:
        """Whether it bounds this cell."""
        return fnmatch.fnmatchcase(cell, self.cells)

    def __str__(self) -> str:
        if self.least is not None:
            return f"at least {self.least:.2g}"
        return f"at most {self.most:g}"


@dataclass(frozen=True)
class Verdict:
    """How a bar stands in one cell."""

    bar: Bar
    cell: str
    ratio: Summary

    @property
    def met(self) -> bool:
        """Whether the median is on the right side."""
        bar, median = self.bar, self.ratio.median
        if bar.least is not None:
            return median >= bar.least
        return bar.most is not None and median <= bar.most

    @property
    def text(self) -> str:
        """met, not met, or that nothing can be said: the spread is wide, and the bar within it."""
        bound = self.bar.least if self.bar.least is not None else self.bar.most
        assert bound is not None
        if self.ratio.noisy and self.ratio.low < bound < self.ratio.high:
            return "too noisy"
        return "met" if self.met else "not met"


APART: Final = "[it][pc][cp]"
"""tcp and ipc."""

BARS: Final = (
    Bar(f"push-pull/{APART}/16", "zmqlite", "pyzmq", "rate", least=1.6),
    Bar(f"push-pull/{APART}/16", "zmqlite batched", "pyzmq", "rate", least=3.5),
    Bar(f"push-pull/{APART}/16", "zmqlite batched", "C", "rate", least=0.8),
    Bar(f"push-pull/{APART}/1024", "zmqlite", "pyzmq", "rate", least=1),
    Bar(f"push-pull/{APART}/65536", "zmqlite", "pyzmq", "rate", least=1),
    Bar(f"push-pull/{APART}/1048576", "zmqlite", "pyzmq", "rate", least=1),
    Bar(f"three-frame/{APART}/16", "zmqlite", "pyzmq", "rate", least=4),
    Bar("alternate-frames/16", "zmqlite", "pyzmq", "rate", least=4),
    Bar(f"req-rep/{APART}/16", "zmqlite", "pyzmq", "p50", most=1),
    Bar(f"req-rep/{APART}/16", "zmqlite", "C", "p50", most=1.15),
    Bar("push-pull/tcp/16", "zmqlite.aio", "pyzmq.asyncio", "rate", least=8),
    Bar("push-pull/tcp/16", "zmqlite.aio batched", "pyzmq.asyncio", "rate", least=12),
    Bar("push-pull/tcp/16", "zmqlite.capi", "C", "rate", least=0.6),
    Bar("req-rep/tcp/16", "zmqlite.capi", "C", "rate", least=0.6),
    Bar("typed-push-pull", "zmqlite typed", "pyzmq by hand", "rate", least=1.1),
    Bar("typed-push-pull", "zmqlite typed, batched", "pyzmq by hand", "rate", least=1.5),
    Bar("typed", "zmqlite typed", "by hand", "cpu", most=1.2),
    Bar("typed", "zmqlite typed, topic", "by hand, two frames", "cpu", most=1.2),
    Bar("typed", "zmqlite typed, tagged", "by hand, two frames", "cpu", most=1.2),
    Bar("poll/100", "zmqlite", "C", "rate", least=1 / 1.1),
    Bar("import", "zmqlite", "pyzmq", "import", most=0.5),
)


def verdicts(measured: Iterable[Measurements]) -> Iterator[Verdict]:
    """Compare with all bars what was measured of them."""
    for each in measured:
        for bar in BARS:
            if bar.applies(each.cell.name) and {bar.implementation, bar.baseline} <= set(
                each.samples
            ):
                values, baseline = (
                    each.values(name, bar.metric) for name in (bar.implementation, bar.baseline)
                )
                yield Verdict(bar, each.cell.name, paired(values, baseline))
