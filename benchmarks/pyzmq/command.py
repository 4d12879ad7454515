"""zmqlite.pyzmq beside pyzmq: `python -m benchmarks pyzmq`.

Both are measured in each round, in turns. The ratio of a row is pyzmq's cost divided by that of
zmqlite.pyzmq in the same round, so that it is above 1 where zmqlite.pyzmq is faster; what is shown
is its median with the quartiles. CPU time is that of the thread which makes the calls, except for
the Jupyter-like load, where it is that of the kernel's and the front end's process.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from ..children import ROOT
from ..command_line import rounds
from ..ratios import paired, summary
from ..report import table_of
from ..sections import WIDTH, write_section
from . import calls, jupyter

TITLE: Final = "python -m benchmarks pyzmq"
PAGE: Final = ROOT / "docs" / "howto" / "pyzmq.md"
LIBRARIES: Final = ("zmq", "zmqlite.pyzmq")
ROWS: Final = {
    "send": ("ns", 1.8),
    "recv": ("ns", 0.8),
    "three frames": ("ns", 5.0),
    "asyncio recv, message ready": ("ns", 5.0),
    "asyncio recv, has to wait": ("ns", 5.0),
    "ZMQStream, send and receive": ("ns", 1.0),
    "Jupyter-like load, time": ("µs", 1.0),
    "Jupyter-like load, CPU": ("µs", 1.0),
}
"""The unit of each row, and the least ratio that is its bar."""

MEASURES: Final[tuple[Callable[[str], dict[str, float]], ...]] = (
    calls.calls,
    calls.awaits,
    calls.stream,
    jupyter.load,
)
LOST: Final = "messages lost"

Samples = dict[str, list[list[float]]]
"""By row: what each library needed in each round."""


def measure(count: int) -> Samples:
    """Measure everything in all rounds."""
    samples: Samples = {name: [[], []] for name in (*ROWS, LOST)}
    for index in range(count):
        for measured in (*MEASURES, lost):
            for number in (0, 1) if index % 2 else (1, 0):
                for row, value in measured(LIBRARIES[number]).items():
                    samples[row][number].append(value)
    return samples


def lost(name: str) -> dict[str, float]:
    return {LOST: calls.storm(name)}


def verdicts(samples: Samples) -> dict[str, str]:
    """Tell whether the bars are met."""
    found = {}
    for name, (_, bar) in ROWS.items():
        ratio = paired(*samples[name])
        found[name] = (
            "met" if ratio.median >= bar else "too noisy" if ratio.high >= bar else "not met"
        )
    found[LOST] = "not met" if sum(samples[LOST][1]) else "met"
    return found


def report(samples: Samples) -> list[Table | str]:
    """Make a table of what was found."""
    table = table_of("", "pyzmq", "zmqlite.pyzmq", "pyzmq / zmqlite.pyzmq", "bar", "")
    bars = verdicts(samples)
    for name, (unit, bar) in ROWS.items():
        ratio = paired(*samples[name])
        costs = [f"{summary(each).median:,.0f} {unit}" for each in samples[name]]
        spread = f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
        table.add_row(name, *costs, spread, f"{bar:g}", bars[name])
    sent = len(samples[LOST][0]) * calls.STORM
    parts = [f"{sum(each):,.0f} of {sent:,}" for each in samples[LOST]]
    table.add_row("asyncio recv cancelled at random, lost", *parts, "", "0", bars[LOST])
    text = f"Medians of {len(samples[LOST][0])} rounds for one message or request, with the "
    return [table, text + "quartiles of the ratio."]


def main(arguments: list[str]) -> int:
    """Measure and report; return the exit code."""
    parser = argparse.ArgumentParser(prog=TITLE, description=__doc__)
    parser.add_argument("--rounds", type=rounds, default=15, help="15 if not given")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--check", action="store_true", help="fail if a bar is not met")
    parser.add_argument("--publish", action="store_true", help=f"write into {PAGE.name}")
    options = parser.parse_args(arguments)
    samples = measure(options.rounds)
    parts = report(samples)
    for each in parts:
        Console(width=WIDTH).print(each)
    if options.json:
        found = {"samples": samples, "bars": verdicts(samples)}
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.publish:
        print(f"wrote {write_section(TITLE, parts, PAGE).name}")
    return int(options.check and "not met" in verdicts(samples).values())
