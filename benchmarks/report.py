"""What was measured, as tables and as JSON."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from . import machine
from .bars import Verdict
from .cells import CELLS, Cell
from .ratios import NOISE, Summary, paired, summary
from .runner import Measurements

BASELINE: Final = "pyzmq"
LIMIT: Final = "C"


def quantity(metric: str, value: float) -> str:
    """Write a value in the unit that people use for it."""
    match metric:
        case "rate":
            return f"{value:,.0f} /s"
        case "bytes" | "grown":
            return f"{value:,.0f} bytes"
        case "copied":
            return f"{value:.2f}"
        case "import":
            return f"{value * 1e3:,.1f} ms"
        case _:
            return f"{value * 1e6:,.2f} µs"


def ratio_text(ratio: Summary) -> str:
    """Write a ratio with the quartiles around it, and whether they are too far away."""
    return (
        f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
        f"{', noisy' if ratio.noisy else ''}"
    )


def ratio_to(measured: Measurements, name: str, baseline: str, metric: str) -> str:
    """Write the ratio of one implementation to another; empty where there is none."""
    if baseline not in measured.samples:
        return ""
    base = measured.values(baseline, metric)
    if 0 in base:  # a memory that did not grow
        return ""
    return ratio_text(paired(measured.values(name, metric), base))


def table_of(*columns: str) -> Table:
    table = Table(box=MARKDOWN)
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index < 3 else "right", no_wrap=True)
    return table


def measurements_table(measured: Sequence[Measurements]) -> Table:
    """One line for each metric of each implementation in each cell."""
    table = table_of(
        "cell", "metric", "implementation", "median", f"x {BASELINE}", f"x {LIMIT}", "rounds"
    )
    for each in measured:
        for metric in each.cell.pattern.metrics:
            for name in each.samples:
                values = summary(each.values(name, metric))
                table.add_row(
                    each.cell.name,
                    metric,
                    name,
                    quantity(metric, values.median),
                    ratio_to(each, name, BASELINE, metric),
                    ratio_to(each, name, LIMIT, metric),
                    str(values.rounds),
                )
    return table


def bars_table(verdicts: Iterable[Verdict]) -> Table:
    """One line for each bar in each cell."""
    table = table_of("cell", "implementation", "bar", "measured", "verdict")
    for each in verdicts:
        bar = each.bar
        table.add_row(
            f"{each.cell} {bar.metric}",
            bar.implementation,
            f"{bar} x {bar.baseline}",
            ratio_text(each.ratio),
            each.text,
        )
    return table


def show(
    measured: Sequence[Measurements],
    found: Sequence[Verdict],
    libraries: Mapping[str, str],
    console: Console,
) -> None:
    """Print all there is to say."""
    for path in sorted(set(libraries.values())):
        names = [name for name, library in libraries.items() if library == path]
        console.print(f"libzmq {path}: {', '.join(names)}")
    console.print(measurements_table(measured))
    if found:
        console.print(bars_table(found))
    for each in measured:
        for failure in each.failures.values():
            console.print(f"failed: {failure}")
    console.print(
        "Ratios are of the same round: the median, and the quartiles around it. Where these are\n"
        f"more than {NOISE:.0%} of the median apart, the machine was too noisy to conclude\n"
        "anything close. cpu is the processor time of all processes for a message."
    )


def as_json(
    measured: Sequence[Measurements], found: Sequence[Verdict], libraries: dict[str, str]
) -> dict[str, Any]:
    """Everything, for programs: all samples of all rounds."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "about": machine.about(),
        "libzmq": libraries,
        "cells": {
            each.cell.name: {"samples": each.samples, "failures": each.failures}
            for each in measured
        },
        "bars": [
            {
                "cell": each.cell,
                "implementation": each.bar.implementation,
                "bar": f"{each.bar} x {each.bar.baseline} in {each.bar.metric}",
                "ratio": each.ratio.median,
                "verdict": each.text,
            }
            for each in found
        ],
    }


def from_json(data: dict[str, Any]) -> tuple[list[Measurements], dict[str, str], str]:
    """Take back what `as_json` gave: the samples, each implementation's libzmq, the machine."""
    measured = [
        Measurements(CELLS[name], each["samples"], each["failures"])
        for name, each in data["cells"].items()
    ]
    return measured, data["libzmq"], data["about"]


def listing(cells: Iterable[Cell]) -> str:
    """Name the cells."""
    return "\n".join(f"{cell.name:<28} {cell.pattern.summary}" for cell in cells)
