"""`python -m benchmarks`: measure, and print the ratios."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from .bars import verdicts
from .cells import QUICK, Cell, matching
from .children import PATIENCE, ROOT, Failure
from .peers import IMPLEMENTATIONS
from .publish import publish
from .report import WIDTH, as_json, from_json, listing, show
from .runner import Measurements, Runner

Found = tuple[list[Measurements], dict[str, str]]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("cells", nargs="*", help="names, as --list tells them; * stands for any")
    parser.add_argument("--list", action="store_true", help="name the cells and do nothing")
    parser.add_argument(
        "--quick", action="store_true", help="two minutes: a few cells of each kind"
    )
    parser.add_argument("--rounds", type=rounds, default=None, help="7, or 3 with --quick")
    parser.add_argument(
        "--seconds", type=seconds, default=None, help="for a run: 0.4, or 0.2 with --quick"
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=list(IMPLEMENTATIONS),
        help="an implementation; again for each",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    parser.add_argument(
        "--from",
        type=Path,
        dest="source",
        metavar="FILE",
        help="take the samples from such a file, and measure nothing",
    )
    parser.add_argument(
        "--publish", action="store_true", help="write README's table, and the plots to docs/"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is not met")
    return parser.parse_args(arguments)


def rounds(text: str) -> int:
    """Read how many rounds; argparse reports a ValueError."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def seconds(text: str) -> float:
    """Read how long a run is to take, which has to be less than what a process is waited for."""
    if not 0 < float(text) <= PATIENCE / 2:
        raise ValueError
    return float(text)


def terminated(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that no process is left behind."""
    raise KeyboardInterrupt


def turns_of(cell: Cell, only: list[str] | None) -> list[str]:
    """Name the implementations of a cell that are there, and wanted."""
    return [
        name
        for name in cell.pattern.implementations
        if name in IMPLEMENTATIONS
        and IMPLEMENTATIONS[name].installed
        and (not only or name in only)
    ]


def measure(runner: Runner, cells: list[Cell], only: list[str] | None) -> list[Measurements]:
    """Measure cell by cell, with a progress bar where somebody watches."""
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    found = []
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as progress:
        total = sum(len(turns_of(cell, only)) for cell in cells) * runner.rounds
        task = progress.add_task("", total=total)
        for cell in cells:
            progress.update(task, description=cell.name)
            turns = turns_of(cell, only)
            found.append(runner.measure(cell, turns, lambda: progress.advance(task)))
    return found


def samples(options: argparse.Namespace, cells: list[Cell]) -> Found:
    """Measure, or read what was measured before."""
    if options.source:
        return from_json(json.loads(options.source.read_text()))
    with tempfile.TemporaryDirectory() as directory:
        usual = (3, 0.2) if options.quick else (7, 0.4)
        each = options.rounds or usual[0], options.seconds or usual[1]
        runner = Runner(Path(directory), *each)
        return measure(runner, cells, options.only), runner.libraries


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; return the exit code."""
    options = parse(arguments)
    try:
        cells = matching(options.cells or (QUICK if options.quick else ["*"]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        print(listing(cells))
        return 0
    signal.signal(signal.SIGTERM, terminated)
    try:
        measured, libraries = samples(options, cells)
    except (Failure, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    found = list(verdicts(measured))
    show(measured, found, libraries, Console(width=WIDTH))
    if options.json:
        text = json.dumps(as_json(measured, found, libraries), indent=1)
        options.json.write_text(text + "\n")
    if options.publish:
        for path in publish(measured, libraries, ROOT):
            print(f"wrote {path.relative_to(ROOT)}")
    failed = any(each.failures for each in measured)
    return int(failed or (options.check and any(each.text == "not met" for each in found)))


if __name__ == "__main__":
    sys.exit(main())
