"""Messages between sockets: measure, and print the ratios.

`python -m benchmarks calls` measures each form of a call by itself, `python -m benchmarks
contended` calls beside another thread, `python -m benchmarks auth` what authentication costs,
`python -m benchmarks pyzmq` zmqlite.pyzmq beside pyzmq, `python -m benchmarks rpc` services beside
gRPC, `python -m benchmarks alternatives` ZeroMQ beside D-Bus, NATS and RabbitMQ, `python -m
benchmarks cli` the command `zmqlite`.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from . import auth, cli, machine, pyzmq
from .alternatives.command import main as alternatives
from .bars import verdicts
from .calls.command import Calls
from .cells import CELLS, QUICK, Cell
from .children import PATIENCE, ROOT, Failure
from .command_line import add_common, rounds, terminated
from .contended.command import Contended
from .patterns import matching
from .peers import IMPLEMENTATIONS
from .publish import publish
from .report import as_json, from_json, listing, show
from .rpc.command import main as rpc
from .runner import Measurements, Runner
from .sections import WIDTH

Found = tuple[list[Measurements], dict[str, str], str]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add_common(parser)
    parser.add_argument(
        "--quick", action="store_true", help="two minutes: a few cells of each kind"
    )
    parser.add_argument("--rounds", type=rounds, default=None, help="10, or 3 with --quick")
    parser.add_argument(
        "--seconds", type=seconds, default=None, help="for a run: 0.4, or 0.2 with --quick"
    )
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=list(IMPLEMENTATIONS),
        help="an implementation; again for each",
    )  # fmt: skip
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the pages' tables, and the plots",
    )
    return parser.parse_args(arguments)


def seconds(text: str) -> float:
    """Read how long a run is to take, which has to be far less than a process is waited for."""
    if not 0 < float(text) <= PATIENCE / 10:
        raise ValueError
    return float(text)


def wanted_of(cell: Cell, only: list[str] | None) -> list[str]:
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
        total = sum(len(wanted_of(cell, only)) for cell in cells) * runner.rounds
        task = progress.add_task("", total=total)
        for cell in cells:
            progress.update(task, description=cell.name)
            names = wanted_of(cell, only)
            found.append(runner.measure(cell, names, lambda: progress.advance(task)))
    return found


def samples(options: argparse.Namespace, cells: list[Cell]) -> Found:
    """Measure, or read what was measured before."""
    if options.source:
        return from_json(json.loads(options.source.read_text()))
    with tempfile.TemporaryDirectory() as directory:
        usual = (3, 0.2) if options.quick else (10, 0.4)
        each = options.rounds or usual[0], options.seconds or usual[1]
        runner = Runner(Path(directory), *each)
        return measure(runner, cells, options.only), runner.libraries, machine.about()


def main(arguments: list[str] | None = None) -> int:
    """Measure and report; return the exit code."""
    options = parse(arguments)
    try:
        cells = matching(CELLS, options.names or (QUICK if options.quick else ["*"]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        print(listing(cells))
        return 0
    signal.signal(signal.SIGTERM, terminated)
    try:
        measured, libraries, about = samples(options, cells)
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
        for path in publish(measured, libraries, about, ROOT):
            print(f"wrote {path.relative_to(ROOT)}")
    failed = any(each.failures for each in measured)
    return int(failed or (options.check and any(each.text == "not met" for each in found)))


def dispatch(arguments: list[str]) -> int:
    """Run the command that the first argument names, or measure cells."""
    match arguments:
        case ["calls", *rest]:
            return Calls().main(rest)
        case ["alternatives", *rest]:
            return alternatives(rest)
        case ["auth", *rest]:
            return auth.main(rest)
        case ["cli", *rest]:
            return cli.main(rest)
        case ["pyzmq", *rest]:
            return pyzmq.main(rest)
        case ["contended", *rest]:
            return Contended().main(rest)
        case ["rpc", *rest]:
            return rpc(rest)
        case _:
            return main(arguments)


if __name__ == "__main__":
    sys.exit(dispatch(sys.argv[1:]))
