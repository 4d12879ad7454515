"""The curves, as SVG files that are the same whenever the numbers are."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

from .cells import Cell
from .runner import Measurements

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "zmqlite", "svg.fonttype": "none", "font.size": 8})

from matplotlib import pyplot  # noqa: E402  # after the choice of what draws
from matplotlib.lines import Line2D  # noqa: E402  # likewise

COLOURS: Final = {
    "C": "black",
    "zmqlite": "tab:blue",
    "zmqlite batched": "tab:cyan",
    "zmqlite typed": "tab:purple",
    "zmqlite.capi": "tab:olive",
    "zmqlite.aio": "tab:green",
    "zmqlite.aio batched": "limegreen",
    "pyzmq": "tab:red",
    "pyzmq.asyncio": "tab:orange",
    "pyomq": "tab:gray",
}


@dataclass(frozen=True)
class Panel:
    """One diagram: the cells of a pattern along an axis, a line for each implementation."""

    title: str
    pattern: str
    metric: str
    axis: str
    unit: str
    transport: str
    scale: float = 1.0

    def place(self, cell: Cell) -> int:
        """Say where on the axis a cell is."""
        return cell.size if self.axis == "bytes" else cell.number


def by_transport(pattern: str, metric: str, unit: str, scale: float) -> tuple[Panel, ...]:
    return tuple(
        Panel(transport, pattern, metric, "bytes", unit, transport, scale)
        for transport in ("inproc", "ipc", "tcp")
    )


FIGURES: Final[dict[str, tuple[Panel, ...]]] = {
    "throughput": by_transport("push-pull", "rate", "messages/s", 1.0),
    "latency": by_transport("req-rep", "p50", "µs there and back (median)", 1e6),
    "scaling": (
        Panel("Poller", "poll", "cpu", "sockets", "µs for a poll", "inproc", 1e6),
        Panel("ROUTER and back", "peers", "cpu", "peers", "µs for a round trip", "tcp", 1e6),
        Panel("SUB", "topics", "subscribe", "topics", "µs to subscribe", "tcp", 1e6),
        Panel("PUB to SUB", "topics", "cpu", "topics", "µs for a message", "tcp", 1e6),
    ),
}


def lines(
    panel: Panel, measured: Iterable[Measurements]
) -> dict[str, tuple[list[int], list[float]]]:
    """Return places and medians for each implementation, in the order of places."""
    found: dict[str, tuple[list[int], list[float]]] = {}
    cells = [
        each
        for each in measured
        if each.cell.pattern.name == panel.pattern and each.cell.transport == panel.transport
    ]
    for each in sorted(cells, key=lambda each: panel.place(each.cell)):
        for name in each.samples:
            places, values = found.setdefault(name, ([], []))
            places.append(panel.place(each.cell))
            values.append(statistics.median(each.values(name, panel.metric)) * panel.scale)
    return found


def draw(measured: Sequence[Measurements], directory: Path) -> list[Path]:
    """Draw every figure that something was measured for; return the files."""
    files = []
    for title, panels in FIGURES.items():
        curves = [lines(panel, measured) for panel in panels]
        if not any(curves):
            continue
        figure, axes = pyplot.subplots(
            1,
            len(panels),
            figsize=(3.2 * len(panels), 3.4),
            sharey=len({panel.unit for panel in panels}) == 1,
            squeeze=False,
            layout="constrained",
        )
        for panel, curve, axis in zip(panels, curves, axes[0], strict=True):
            draw_panel(panel, curve, axis)
        legend(figure, curves)
        files.append(directory / f"{title}.svg")
        figure.savefig(files[-1], metadata={"Date": None})
        pyplot.close(figure)
    return files


def draw_panel(panel: Panel, curve: dict[str, tuple[list[int], list[float]]], axis: Any) -> None:
    axis.set_title(panel.title)
    axis.set_xlabel(panel.axis)
    axis.set_ylabel(panel.unit)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    for name, (places, values) in curve.items():
        axis.plot(places, values, marker=".", label=name, color=COLOURS[name])


def legend(figure: Any, curves: Iterable[dict[str, Any]]) -> None:
    """Name each implementation once, below all panels."""
    drawn = {name for curve in curves for name in curve}
    handles = [
        Line2D([], [], color=colour, marker=".", label=name)
        for name, colour in COLOURS.items()
        if name in drawn
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5, frameon=False)
