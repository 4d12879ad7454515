"""The tables beside pyzmq and C, in README.md and docs/explanation/speed.md, and the plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .plots import draw
from .ratios import paired, summary
from .report import quantity, ratio_text
from .runner import Measurements
from .sections import COMMAND, PUBLISH, with_section

HEAD: Final = """\
| | pyzmq | zmqlite | batched | C |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One line: a cell, and whose numbers stand in it, the first as such and the rest as ratios."""

    label: str
    cell: str
    metric: str = "rate"
    compared: tuple[str, str, str | None, str | None] = (
        *("pyzmq", "zmqlite"),
        *("zmqlite batched", "C"),
    )

    def text(self, measured: Measurements) -> str:
        """Write it, with nothing where nothing was measured."""
        baseline, *others = self.compared
        assert baseline is not None
        values = measured.values(baseline, self.metric)
        cells = [self.label, quantity(self.metric, summary(values).median)]
        for name in others:
            if name is None or name not in measured.samples:
                cells.append("")
                continue
            ratio = paired(measured.values(name, self.metric), values)
            cells.append("too noisy" if ratio.noisy else ratio_text(ratio))
        return f"| {' | '.join(cells)} |\n"


AWAITED: Final = ("pyzmq.asyncio", "zmqlite.aio", "zmqlite.aio batched", "C")
TRIP: Final = ("pyzmq", "zmqlite", None, "C")

ROWS: Final = (
    Row("16 B, tcp", "push-pull/tcp/16"),
    Row("16 B, ipc", "push-pull/ipc/16"),
    Row("16 B, inproc, two threads", "push-pull/inproc/16"),
    Row("1 KiB, tcp", "push-pull/tcp/1024"),
    Row("64 KiB, tcp", "push-pull/tcp/65536"),
    Row("1 MiB, tcp", "push-pull/tcp/1048576"),
    Row("three frames of 16 B, tcp", "three-frame/tcp/16", compared=TRIP),
    Row("16 B to 8 subscribers, tcp", "pub-sub/8/tcp/16"),
    Row("16 B, tcp, asyncio", "push-pull/tcp/16", compared=AWAITED),
    Row("16 B there and back, tcp, median time", "req-rep/tcp/16", "p50", TRIP),
    Row("16 B there and back, ipc, median time", "req-rep/ipc/16", "p50", TRIP),
    Row("import, time", "import", "import", ("pyzmq", "zmqlite", None, None)),
)


HEADLINES: Final = tuple(
    row
    for row in ROWS
    if row.label
    in (
        "16 B, tcp",
        "three frames of 16 B, tcp",
        "16 B, tcp, asyncio",
        "16 B there and back, tcp, median time",
    )
)
"""What README shows of it."""


def table(
    measured: Sequence[Measurements],
    libraries: Mapping[str, str],
    about: str,
    shown: Sequence[Row] = ROWS,
) -> str:
    """Write a table, and what was measured where."""
    by_name = {each.cell.name: each for each in measured}
    rows = [
        row.text(by_name[row.cell])
        for row in shown
        if row.cell in by_name and row.compared[0] in by_name[row.cell].samples
    ]
    files = {Path(path).name for name, path in libraries.items() if path != "none"}
    cells = [by_name[row.cell] for row in shown if row.cell in by_name]
    rounds = min(len(each) for cell in cells for each in cell.samples.values())
    libzmq = ", ".join(sorted(files))
    return (
        f"{HEAD}{''.join(rows)}\n"
        f"Medians of at least {rounds} rounds, on {libzmq}. The first column is messages/s\n"
        f"or time, the others are ratios to it, taken round by round, with quartiles. {about}.\n"
    )


def publish(
    measured: Sequence[Measurements], libraries: Mapping[str, str], about: str, root: Path
) -> list[Path]:
    """Write the tables and the plots; return the files."""
    readme, speed = root / "README.md", root / "docs" / "explanation" / "speed.md"
    for page, shown, command in ((readme, HEADLINES, COMMAND), (speed, ROWS, PUBLISH)):
        section = table(measured, libraries, about, shown)
        text = with_section(page.read_text(encoding="utf-8"), section, command)
        page.write_text(text, encoding="utf-8")
    return [readme, speed, *draw(measured, root / "docs", about)]
