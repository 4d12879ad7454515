"""Commands that measure zmqlite and pyzmq row by row, each in a process of its own, alternating.

A process answers with one JSON object when it is ready, and with one for every line that asks for
a row. All rounds are kept; what counts, and which bars there are, is said by the command's report.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Final

from rich.console import Console
from rich.table import Table

from . import machine
from .children import ROOT, Child, Children, Failure
from .command_line import add_common, rounds, terminated
from .runner import rotated
from .sections import WIDTH, write_section

LIBRARIES: Final = ("zmqlite", "pyzmq")

NOT_MET: Final = "not met"


@dataclass
class Found:
    """What the rounds gave.

    Attributes:
        samples: the answers by row, library and round; a library that does not have a call has no
            entry for it.
        about: what the processes said when they were ready.
        libzmq: the file of each library's libzmq.
        machine: where that was, with which versions.
    """

    rounds: int
    samples: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    libzmq: dict[str, str] = field(default_factory=dict)
    machine: str = field(default_factory=machine.about)


class Command(ABC):
    """One such command; `name` is also the package of its worker."""

    name: ClassVar[str]
    summary: ClassVar[str]
    rounds: ClassVar[int]

    @abstractmethod
    def matching(self, patterns: Sequence[str]) -> list[str]:
        """Return the names of the rows that match; ValueError if one pattern matches none."""

    @abstractmethod
    def question(self, row: str, options: argparse.Namespace) -> str:
        """Write the line that asks a worker for a row."""

    @abstractmethod
    def report(self, found: Found) -> list[Table | str]:
        """Make tables and paragraphs of what was found."""

    @abstractmethod
    def verdicts(self, found: Found) -> dict[str, str]:
        """Tell for each row whether its bars are met."""

    @abstractmethod
    def draw(self, found: Found, directory: Path) -> Path:
        """Draw a plot of what was found; return the file."""

    @property
    def title(self) -> str:
        return f"python -m benchmarks {self.name}"

    def parser(self) -> argparse.ArgumentParser:
        """Make what reads the arguments."""
        parser = argparse.ArgumentParser(prog=self.title, description=self.summary)
        add_common(parser)
        parser.add_argument(
            "--rounds", type=rounds, default=self.rounds, help=f"{self.rounds} if not given"
        )
        parser.add_argument(
            "--publish", action="store_true", help="write the tables into docs/explanation/speed.md"
        )
        return parser

    def start(self, children: Children, library: str) -> tuple[Child, dict[str, Any]]:
        """Start the process of a library; return it with its first answer."""
        command = [sys.executable, "-m", f"benchmarks.{self.name}.worker", library]
        child = children.start(f"{self.name} of {library}", command)
        return child, children.hear(child)[0]

    def measure(self, rows: Sequence[str], options: argparse.Namespace) -> Found:
        """Measure all rows in all rounds."""
        found = Found(options.rounds, {row: {} for row in rows})
        with Children() as children:
            workers = {}
            for library in LIBRARIES:
                workers[library], found.about = self.start(children, library)
            for index in range(options.rounds):
                for row in rows:
                    for library in rotated(LIBRARIES, index):
                        workers[library].tell(self.question(row, options))
                        [answer] = children.hear(workers[library])
                        if answer:
                            found.samples[row].setdefault(library, []).append(answer)
            found.libzmq = {library: worker.libzmq() for library, worker in workers.items()}
        return found

    def as_json(self, found: Found) -> dict[str, Any]:
        """Everything, for programs: all samples of all rounds."""
        return {**asdict(found), "bars": self.verdicts(found)}

    def read(self, file: Path) -> Found:
        """Take back what `as_json` gave."""
        data = json.loads(file.read_text())
        names = [each.name for each in fields(Found)]
        return Found(**{name: data[name] for name in names})

    def main(self, arguments: Sequence[str]) -> int:
        """Measure and report; return the exit code."""
        options = self.parser().parse_args(arguments)
        try:
            rows = self.matching(options.names or ["*"])
        except ValueError as error:
            print(error, file=sys.stderr)
            return 2
        if options.list:
            print("\n".join(rows))
            return 0
        signal.signal(signal.SIGTERM, terminated)
        try:
            found = self.read(options.source) if options.source else self.measure(rows, options)
        except (Failure, OSError) as failure:
            print(failure, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
        self.show(found, options)
        return int(options.check and NOT_MET in self.verdicts(found).values())

    def show(self, found: Found, options: argparse.Namespace) -> None:
        """Print what was found, and write the files that were asked for."""
        console = Console(width=WIDTH)
        for library, path in found.libzmq.items():
            console.print(f"libzmq of {library}: {path}")
        parts = self.report(found)
        for part in parts:
            console.print(part)
        if options.json:
            options.json.write_text(json.dumps(self.as_json(found), indent=1) + "\n")
        if options.publish:
            for page in (write_section(self.title, parts), self.draw(found, ROOT / "docs")):
                print(f"wrote {page.relative_to(ROOT)}")
