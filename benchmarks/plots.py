"""The curves, as SVG files that are the same whenever the numbers are.

A line ends in its name. Bars around a point are the quartiles of the rounds; a point whose
quartiles are too far apart is left out, since it says nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

from .cells import Cell
from .ratios import Summary, summary
from .runner import Measurements

mpl.use("svg")
mpl.rcParams.update({"svg.hashsalt": "zmqlite", "svg.fonttype": "none", "font.size": 8})

from matplotlib import pyplot  # noqa: E402  # after the choice of what draws
from matplotlib.ticker import FuncFormatter, NullLocator  # noqa: E402  # likewise

COLOURS: Final = {
    "C": "#000000",
    "zmqlite": "#0072b2",
    "zmqlite batched": "#56b4e9",
    "pyzmq": "#d55e00",
    "zmqlite.aio": "#0072b2",
    "zmqlite.aio batched": "#56b4e9",
    "pyzmq.asyncio": "#d55e00",
    "receiving thread": "#0072b2",
    "pool": "#56b4e9",
    "asyncio": "#009e73",
    "through a broker": "#cc79a7",
    "asyncio, broker": "#cc79a7",
}
"""Colours of Okabe and Ito, which people who are colour-blind can tell apart."""

GAP: Final = 0.06
"""How far apart two names at the end of lines are at least, as a part of the height."""

HIGHER: Final = "higher is better"
LOWER: Final = "lower is better"


@dataclass(frozen=True)
class Panel:
    """One diagram: the cells of a pattern along an axis, a line for each implementation."""

    title: str
    pattern: str
    metric: str
    axis: str
    unit: str
    transport: str
    names: tuple[str, ...]
    scale: float = 1.0

    @property
    def better(self) -> str:
        return HIGHER if self.metric == "rate" else LOWER

    def place(self, cell: Cell) -> int:
        """Say where on the axis a cell is."""
        return cell.size if self.axis == "size of a message" else cell.number


BLOCKING: Final = ("C", "zmqlite batched", "zmqlite", "pyzmq")
TRIP: Final = ("C", "zmqlite", "pyzmq")
AWAITED: Final = ("zmqlite.aio batched", "zmqlite.aio", "pyzmq.asyncio")

SIZE: Final = "size of a message"


def by_transport(
    pattern: str, metric: str, unit: str, names: tuple[str, ...], scale: float = 1.0
) -> tuple[Panel, ...]:
    return tuple(
        Panel(transport, pattern, metric, SIZE, unit, transport, names, scale)
        for transport in ("inproc", "ipc", "tcp")
    )


FIGURES: Final[dict[str, tuple[Panel, ...]]] = {
    "throughput": by_transport("push-pull", "rate", "messages/s", BLOCKING),
    "asyncio": by_transport("push-pull", "rate", "messages/s", AWAITED),
    "latency": by_transport("req-rep", "p50", "µs there and back", TRIP, 1e6),
    "scaling": (
        Panel("Poller", "poll", "cpu", "sockets", "µs for a poll", "inproc", TRIP, 1e6),
        Panel("ROUTER and back", "peers", "cpu", "peers", "µs, round trip", "tcp", TRIP, 1e6),
        Panel("SUB", "topics", "subscribe", "topics", "µs to subscribe", "tcp", TRIP, 1e6),
        Panel("PUB to SUB", "topics", "cpu", "topics", "µs for a message", "tcp", TRIP, 1e6),
    ),
}

Curve = tuple[list[int], list[Summary]]


def lines(panel: Panel, measured: Iterable[Measurements]) -> dict[str, Curve]:
    """Return places and summaries for each implementation, in the order of places."""
    found: dict[str, Curve] = {}
    cells = [
        each
        for each in measured
        if each.cell.pattern.name == panel.pattern and each.cell.transport == panel.transport
    ]
    for each in sorted(cells, key=lambda each: panel.place(each.cell)):
        for name in panel.names:
            if name not in each.samples:
                continue
            rounds = summary([panel.scale * value for value in each.values(name, panel.metric)])
            if not rounds.noisy:
                places, values = found.setdefault(name, ([], []))
                places.append(panel.place(each.cell))
                values.append(rounds)
    return found


def draw(measured: Sequence[Measurements], directory: Path, about: str) -> list[Path]:
    """Draw every figure that something was measured for; return the files."""
    files = []
    for title, panels in FIGURES.items():
        curves = [lines(panel, measured) for panel in panels]
        shown = [pair for pair in zip(panels, curves, strict=True) if pair[1]]
        if not shown:
            continue
        figure, axes = pyplot.subplots(
            1, len(shown), figsize=(3.4 * len(shown), 3.2), squeeze=False, layout="constrained"
        )
        for (panel, curve), axis in zip(shown, axes[0], strict=True):
            draw_panel(panel, curve, axis)
        about_rounds = f"Medians and quartiles. {about}"
        files.append(save(figure, directory / f"{title}.svg", about_rounds))
    return files


def save(figure: Any, file: Path, about: str) -> Path:
    """Write a figure with a line below it that says where it comes from; return the file."""
    text = textwrap.fill(about, round(20 * figure.get_figwidth()))
    figure.supxlabel(text, fontsize=6, color="#555555")
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
    return file


def draw_panel(panel: Panel, curve: Mapping[str, Curve], axis: Any) -> None:
    axis.set_title(f"{panel.title}: {panel.better}", loc="left")
    axis.set_xlabel(panel.axis)
    axis.set_ylabel(panel.unit)
    axis.set_xscale("log")
    axis.set_yscale("log")
    for name, (places, values) in curve.items():
        axis.errorbar(
            places,
            [each.median for each in values],
            [
                [each.median - each.low for each in values],
                [each.high - each.median for each in values],
            ],
            color=COLOURS[name],
            marker=".",
            capsize=2,
        )
    places = sorted({place for all_places, _ in curve.values() for place in all_places})
    said = size if panel.axis == SIZE else count
    axis.set_xticks(places, [said(place) for place in places], fontsize=6)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: count(value)))
    axis.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: minor(value, axis)))
    axis.tick_params(axis="y", which="minor", labelsize=6)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    name_lines(curve, axis)


def name_lines(curve: Mapping[str, Curve], axis: Any) -> None:
    """Write each name at the end of its line, and names that would overlap above each other."""
    to_axes = (axis.transData + axis.transAxes.inverted()).transform
    ends = {
        name: to_axes((places[-1], values[-1].median)) for name, (places, values) in curve.items()
    }
    lowest = -GAP
    for name in sorted(ends, key=lambda each: float(ends[each][1])):
        place, height = ends[name]
        lowest = max(float(height), lowest + GAP)
        axis.text(
            place + 0.03, lowest, name, color=COLOURS[name], transform=axis.transAxes, va="center"
        )


def draw_bars(
    title: str,
    values: Mapping[str, Mapping[str, float]],
    unit: str,
    mark: float,
    file: Path,
    about: str,
) -> Path:
    """Draw a group of bars for each name, one for each implementation; return the file.

    A line marks the value that is equal or fair.
    """
    names = list(values)
    series = list(dict.fromkeys(each for group in values.values() for each in group))
    thick = 0.8 / len(series)
    figure, axis = pyplot.subplots(figsize=(5.5, 0.6 + 0.17 * len(names) * len(series)))
    for number, implementation in enumerate(series):
        groups = [index for index, name in enumerate(names) if implementation in values[name]]
        drawn = axis.barh(
            [index + number * thick for index in groups],
            [values[names[index]][implementation] for index in groups],
            thick,
            color=COLOURS[implementation],
            label=implementation,
        )
        axis.bar_label(drawn, fmt=lambda value: f"{value:.2g}", padding=2, fontsize=6)
    axis.axvline(mark, color="#555555", linewidth=0.5)
    axis.margins(y=0.01)
    axis.set_yticks([index + 0.4 - thick / 2 for index in range(len(names))], names)
    axis.invert_yaxis()
    axis.set_title(f"{title}: {HIGHER}", loc="left")
    axis.set_xlabel(unit)
    axis.spines[["top", "right"]].set_visible(False)
    if len(series) > 1:
        axis.legend(frameon=False)
    figure.set_layout_engine("constrained")
    return save(figure, file, about)


def minor(value: float, axis: Any) -> str:
    """Write a number between two powers of ten where no more than one of these is on the axis."""
    low, high = axis.get_ylim()
    return count(value) if high / low < 100 and str(value).strip("0.")[0] in "25" else ""


def size(number: float) -> str:
    """Write a number of bytes as people say it."""
    power = next(power for power in (2, 1, 0) if power == 0 or number >= 1024**power)
    return f"{number / 1024**power:g} {('B', 'KiB', 'MiB')[power]}"


def count(number: float) -> str:
    """Write a number as people say it: 20 k, 3 M."""
    power = next(power for power in (2, 1, 0) if power == 0 or number >= 1000**power)
    return f"{number / 1000**power:g}{('', ' k', ' M')[power]}"
