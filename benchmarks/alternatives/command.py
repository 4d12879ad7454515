"""Measure ZeroMQ, D-Bus, NATS and RabbitMQ in one run, and report.

latency: a request and its reply, one after the other. throughput: messages a second from one
process to another. late: what of messages that were sent first a receiver gets that comes later.
restart: messages at a steady pace, while the process in the middle is killed and started again a
second later.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from ..children import ROOT, Child, Children, Failure
from ..command_line import rounds, terminated
from ..ratios import summary
from ..report import table_of
from ..sections import WIDTH, write_section
from .servers import middle
from .systems import system

TITLE: Final = "python -m benchmarks alternatives"
PAGE: Final = ROOT / "docs" / "explanation" / "alternatives.md"

SYSTEMS: Final = ("zmqlite", "zmqlite, proxy", "D-Bus", "NATS", "RabbitMQ", "RabbitMQ, confirmed")

REQUESTS: Final = 1000
MESSAGES: Final = {"D-Bus": 5_000, "RabbitMQ, confirmed": 2_000}
MANY: Final = 30_000
LATE: Final = 500
STEADY: Final = 1_500
PACE: Final = 0.004
DOWN: Final = 1.0
"""Seconds until the middle is killed, and until it is started again."""

Samples = dict[str, dict[str, list[Any]]]


def start(children: Children, name: str, task: str, address: str, count: int, pace: float) -> Child:
    """Start a process, and wait until it is ready."""
    worker = [sys.executable, "-m", "benchmarks.alternatives.worker"]
    child = children.start(f"{name}, {task}", [*worker, name, task, address, str(count), str(pace)])
    children.hear(child)
    return child


def latency(name: str, address: str) -> float:
    """Return the median time of a request and its reply, in microseconds."""
    with Children() as children:
        start(children, name, "echo", address, 0, 0)
        asks = start(children, name, "ask", address, REQUESTS, 0)
        asks.tell("start")
        return float(children.hear(asks)[0]["median"])


def throughput(name: str, address: str) -> float:
    """Return the messages a second that arrive."""
    count = MESSAGES.get(name, MANY)
    with Children() as children:
        consumer = start(children, name, "consume", address, count, 0)
        producer = start(children, name, "produce", address, count, 0)
        producer.tell("start")
        return float(children.hear(consumer)[0]["rate"])


def restart(name: str, folder: Path) -> dict[str, Any] | None:
    """Kill the middle under way; return what arrived, and the longest time without a message."""
    found = middle(name, "numbers", folder)
    if found is None or not found.servers:
        return None
    with found, Children() as children:
        consumer = start(children, name, "consume", found.address, STEADY, PACE)
        producer = start(children, name, "produce", found.address, STEADY, PACE)
        producer.tell("start")
        time.sleep(DOWN)
        found.servers[-1].kill()
        time.sleep(DOWN)
        found.servers[-1].start()
        received, sent = children.hear(consumer, producer)
        return {**received, **sent, "lost": STEADY - received["received"]}


def late(name: str, address: str) -> int:
    """Return how many messages reach a receiver that starts after they were sent."""
    with Children() as children:
        producer = start(children, name, "produce", address, LATE, 0)
        producer.tell("start")
        if name not in {"zmqlite", "zmqlite, proxy"}:
            children.hear(producer)
        consumer = start(children, name, "consume", address, LATE, 0)
        return int(children.hear(consumer)[0]["received"])


def one_round(name: str) -> dict[str, Any] | None:
    """Measure a system once; None if its client or server is not installed."""
    found: dict[str, Any] = {}
    try:
        system(name)
    except ImportError:
        return None
    for kind, measures in (("requests", (latency,)), ("numbers", (throughput, late))):
        with tempfile.TemporaryDirectory() as folder:
            between = middle(name, kind, Path(folder))
            if between is None:
                return None
            with between:
                for measure in measures:
                    found[measure.__name__] = measure(name, between.address)
    with tempfile.TemporaryDirectory() as folder:
        found["restart"] = restart(name, Path(folder))
    return found


def measured(count: int, names: Sequence[str], file: Path | None) -> Samples:
    """Measure all systems in turn, in all rounds; the file has all samples after each round."""
    samples: Samples = {}
    for _ in range(count):
        for name in names:
            for metric, value in (one_round(name) or {}).items():
                samples.setdefault(name, {}).setdefault(metric, []).append(value)
        if file:
            file.write_text(json.dumps(samples, indent=1) + "\n")
    return samples


def report(samples: Samples) -> list[Table | str]:
    """Make a table of what was found."""
    table = table_of(
        "", "round trip, us", "messages/s", "late", "lost", "doubled", "longest pause, s"
    )
    for name, found in samples.items():
        table.add_row(name, spread(found["latency"]), spread(found["throughput"]), *dead(found))
    each = summary(next(iter(samples.values()))["latency"]).rounds
    text = (
        f"Medians, and quartiles in brackets, of {each} rounds, in which the systems took turns. "
        f"late: how many of {LATE} messages reached a receiver that started after they were sent. "
        f"lost, doubled, longest pause: {STEADY:,} messages, one every {PACE * 1000:g} ms, while "
        f"the middle was killed and started again {DOWN:g} s later; the range over the rounds."
    )
    return [table, text]


def spread(values: Sequence[float]) -> str:
    """Write a median and its quartiles."""
    found = summary(values)
    return f"{found.median:,.0f} ({found.low:,.0f} to {found.high:,.0f})"


def dead(found: dict[str, list[Any]]) -> list[str]:
    """Write what became of messages: for a late receiver, and while the middle was away."""
    columns = [extent(found["late"])]
    restarts = [each for each in found["restart"] if each]
    if not restarts:
        return [*columns, "no middle", "", ""]
    columns += [extent([each[key] for each in restarts]) for key in ("lost", "doubled")]
    return [*columns, extent([round(each["gap"], 1) for each in restarts])]


def extent(values: Sequence[float]) -> str:
    """Write the smallest and the largest."""
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the arguments of the command."""
    parser = argparse.ArgumentParser(prog=TITLE, description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {'; '.join(SYSTEMS)}")
    parser.add_argument("--rounds", type=rounds, default=5, help="5 if not given")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--from", type=Path, dest="source", metavar="FILE", help="take such a file")
    parser.add_argument("--publish", action="store_true", help=f"write into {PAGE.name}")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(SYSTEMS):
        parser.error(f"there is no {min(unknown)}")
    return options


def taken(options: argparse.Namespace) -> Samples:
    """Measure, or read what was measured before."""
    if options.source:
        samples: Samples = json.loads(options.source.read_text())
        return samples
    samples = measured(options.rounds, options.names or SYSTEMS, options.json)
    for missing in set(options.names or SYSTEMS) - set(samples):
        print(f"{missing}: its client or its server is not installed", file=sys.stderr)
    return samples


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return the exit code."""
    options = parsed(arguments)
    signal.signal(signal.SIGTERM, terminated)
    try:
        samples = taken(options)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not samples:
        return 1
    parts = report(samples)
    console = Console(width=WIDTH)
    for each in parts:
        console.print(each)
    if options.publish:
        print(f"wrote {write_section(TITLE, parts, PAGE).name}", file=sys.stderr)
    return 0
