"""`python -m benchmarks calls`: what every form of a call costs, beside pyzmq's."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console

from ..children import ROOT, Child, Children, Failure
from ..command_line import add_common, rounds, terminated
from ..runner import rotated
from ..sections import WIDTH, write_section
from .report import LIBRARIES, Samples, as_json, lines, table
from .rows import Row, matching

COMMAND: Final = "python -m benchmarks calls"
ROUNDS: Final = 30


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    add_common(parser)
    parser.add_argument("--rounds", type=rounds, default=ROUNDS, help=f"{ROUNDS}")
    parser.add_argument("--publish", action="store_true", help="write the table into docs/speed.md")
    return parser.parse_args(arguments)


def measure(rows: Sequence[Row], number: int) -> tuple[Samples, dict[str, str]]:
    """Measure all rows in all rounds, the libraries alternating; name each one's libzmq, too."""
    samples: dict[str, dict[str, list[float]]] = {row.name: {} for row in rows}
    with Children() as children:
        workers = {library: start(children, library) for library in LIBRARIES}
        for each in range(number):
            for row in rows:
                for library in rotated(LIBRARIES, each):
                    workers[library].tell(f"{row.name} {row.count}")
                    [answer] = children.hear(workers[library])
                    if answer["ns"] is not None:
                        samples[row.name].setdefault(library, []).append(answer["ns"])
        return samples, {library: worker.libzmq() for library, worker in workers.items()}


def start(children: Children, library: str) -> Child:
    command = [sys.executable, "-m", "benchmarks.calls.worker", library]
    child = children.start(f"the calls of {library}", command)
    children.hear(child)
    return child


def main(arguments: list[str]) -> int:
    """Measure and report; return the exit code."""
    options = parse(arguments)
    try:
        rows = matching(options.names or ["*"])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(row.name for row in rows))
        return 0
    signal.signal(signal.SIGTERM, terminated)
    if options.source:
        read = json.loads(options.source.read_text())
        samples, number, libraries = read["calls"], read["rounds"], read["libzmq"]
    else:
        number = options.rounds
        try:
            samples, libraries = measure(rows, number)
        except (Failure, OSError) as failure:
            print(failure, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    found = lines(samples)
    console = Console(width=WIDTH)
    console.print(table(found))
    note = (
        f"Nanoseconds of processor time of the thread for one call, the best of {number} rounds, "
        "the loop included."
    )
    console.print(note)
    if options.json:
        text = json.dumps(as_json(samples, number, libraries), indent=1)
        options.json.write_text(text + "\n")
    if options.publish:
        page = write_section(COMMAND, [table(found), note])
        print(f"wrote {page.relative_to(ROOT)}")
    return int(options.check and any(each.verdict == "not met" for each in found))
