"""`python -m benchmarks rpc`: calls, streams and attachments beside grpcio and grpc.aio."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from .. import machine
from ..children import ROOT, Children
from ..command_line import rounds
from ..plots import draw_bars
from ..ratios import summary
from ..report import table_of
from ..sections import COMMAND, WIDTH, write_section
from . import brokered, clients
from .waiting import bytes_per_call


class Row(NamedTuple):
    """What is measured, of which kinds; the first is what the others are compared with."""

    name: str
    unit: str
    kinds: tuple[str, ...]
    measure: Callable[[str, str, float], float]
    bars: dict[tuple[str, str], float]
    """By kind and what it is compared with. Times have to be below the bar, rates above it."""


def of_blocking(number: int, loop: Callable[[clients.Unary, float], float]) -> object:
    def measure(kind: str, endpoint: str, seconds: float) -> float:
        with clients.blocking(kind, endpoint) as calls:
            return loop(calls[number], seconds)

    return measure


def of_async(loop: clients.Loop) -> object:
    def measure(kind: str, endpoint: str, seconds: float) -> float:
        return asyncio.run(clients.with_client(kind, endpoint, loop, seconds))

    return measure


RAW: Final = "typed REQ/REP"
BEHIND: Final = ("through a broker", "asyncio, broker")
"""Servers that have registered with a broker, which is a process of its own."""

ROWS: Final = [
    Row(
        "unary, p50",
        "us",
        ("grpcio", RAW, "receiving thread", "pool", "through a broker"),
        of_blocking(0, clients.p50),  # type: ignore[arg-type]
        {
            ("through a broker", "receiving thread"): 1.8,
            ("through a broker", "grpcio"): 1,
            ("receiving thread", "grpcio"): 0.35,
            ("pool", "grpcio"): 0.5,
            ("receiving thread", RAW): 1.5,
            ("pool", RAW): 2.2,
        },
    ),
    Row(
        "unary, asyncio, p50",
        "us",
        ("grpc.aio", "asyncio"),
        of_async(clients.async_p50),  # type: ignore[arg-type]
        {("asyncio", "grpc.aio"): 0.45, ("asyncio", RAW): 2.2},
    ),
    Row(
        "64 under way, asyncio",
        "calls/s",
        ("grpc.aio", "asyncio", "asyncio, broker"),
        of_async(clients.async_rate),  # type: ignore[arg-type]
        {("asyncio", "grpc.aio"): 8},
    ),
    Row(
        "stream, asyncio",
        "items/s",
        ("grpc.aio", "asyncio"),
        of_async(clients.async_items),  # type: ignore[arg-type]
        {("asyncio", "grpc.aio"): 15},
    ),
    Row(
        "stream, blocking",
        "items/s",
        ("grpcio", "receiving thread", "pool"),
        of_blocking(1, clients.items),  # type: ignore[arg-type]
        {},
    ),
    Row(
        "1 MiB there and back",
        "calls/s",
        ("grpcio", "receiving thread", "pool"),
        of_blocking(2, clients.rate),  # type: ignore[arg-type]
        {("receiving thread", "grpcio"): 2, ("pool", "grpcio"): 2},
    ),
]

Found = dict[str, dict[str, list[float]]]


def measure(rows: list[Row], count: int, seconds: float) -> Found:
    """Measure all rows in all rounds, with a server process for each kind."""
    found: Found = {row.name: {kind: [] for kind in row.kinds} for row in rows}
    with Children() as children:
        endpoints = {}
        for kind in {kind for row in rows for kind in row.kinds}:
            program = [sys.executable, "-m", "benchmarks.rpc.servers"]
            command = [*program, kind]
            if kind in BEHIND:
                broker = children.start(f"broker of {kind}", [*program, "broker"])
                command.append(children.hear(broker)[0]["endpoint"])
            child = children.start(kind, command)
            endpoints[kind] = children.hear(child)[0]["endpoint"]
        for _ in range(count):
            for row in rows:
                for kind in row.kinds:
                    found[row.name][kind].append(row.measure(kind, endpoints[kind], seconds))
    return found


def report(rows: list[Row], found: Found) -> tuple[Table, list[str]]:
    """Make the table of medians, and the verdicts about bars."""
    table = table_of("what", "kind", "median", "quartiles", "unit")
    verdicts = []
    sums = {(row.name, kind): summary(found[row.name][kind]) for row in rows for kind in row.kinds}
    for row in rows:
        for kind in row.kinds:
            each = sums[row.name, kind]
            spread = f"{each.low:,.0f} to {each.high:,.0f}"
            table.add_row(row.name, kind, f"{each.median:,.0f}", spread, row.unit)
        for (kind, other), bar in row.bars.items():
            whole = row.name if other in row.kinds else ROWS[0].name
            if (whole, other) not in sums:
                continue
            ratio = sums[row.name, kind].median / sums[whole, other].median
            met = ratio <= bar if row.unit == "us" else ratio >= bar
            verdicts.append(
                f"{row.name}: {kind} is {ratio:.2f} of {other}, bar {bar}: "
                f"{'met' if met else 'not met'}"
            )
    return table, verdicts


def of_broker(found: brokered.Measured) -> list[str]:
    """Make the verdicts about a broker alone."""

    def met(yes: bool) -> str:
        return "met" if yes else "not met"

    ratio = found.many / found.one
    return [
        f"through one broker: {found.rate:,.0f} calls/s, bar 30,000: {met(found.rate >= 30_000)}; "
        f"its thread takes {found.cost:.1f} us of a processor for each, so the most on a processor "
        f"of its own are {1e6 / found.cost:,.0f}",
        f"round trip of raw peers through a broker: {found.one:.0f} us with 1 server, "
        f"{found.many:.0f} us with {brokered.SERVERS}, ratio {ratio:.2f}, bar 1.1: "
        f"{met(ratio <= 1.1)}",
        f"10,000 calls waiting: {found.waiting:,.0f} bytes each in a broker, bar 4,096: "
        f"{met(found.waiting < 4096)}",
    ]


def draw(rows: list[Row], found: Found, about: str) -> Path:
    """Draw how many times as fast as gRPC each kind is; return the file."""
    faster: dict[str, dict[str, float]] = {}
    for row in rows:
        base, *kinds = (statistics.median(found[row.name][kind]) for kind in row.kinds)
        for kind, median in zip(row.kinds[1:], kinds, strict=True):
            if kind != RAW:
                ratio = base / median if row.unit == "us" else median / base
                faster.setdefault(row.name.replace(", p50", ""), {})[kind] = ratio
    file = ROOT / "docs" / "services.svg"
    return draw_bars("Services", faster, "times as fast as gRPC", 1, file, about)


def main(arguments: list[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks rpc", description=__doc__)
    parser.add_argument("--rounds", type=rounds, default=10, help="10 if not given")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement")
    parser.add_argument("--only", help="rows whose name contains this")
    parser.add_argument("--json", type=Path, help="write all samples to this file, too")
    parser.add_argument(
        "--publish", action="store_true", help="write docs/explanation/speed.md and its plot"
    )
    options = parser.parse_args(arguments)
    rows = [row for row in ROWS if not options.only or options.only in row.name]
    found = measure(rows, options.rounds, options.seconds)
    console = Console(width=WIDTH)
    table, verdicts = report(rows, found)
    console.print(table)
    if not options.only:
        for side, size in zip(("client", "server"), bytes_per_call(), strict=True):
            met = "met" if size < 4096 else "not met"
            text = f"10,000 calls waiting: {size:,.0f} bytes each on the {side}, bar 4,096: {met}"
            verdicts.append(text)
        verdicts += of_broker(brokered.measure(options.seconds))
    for verdict in verdicts:
        console.print(verdict)
    if options.json:
        options.json.write_text(json.dumps({"samples": found, "bars": verdicts}, indent=1) + "\n")
    if options.publish:
        about = f"Medians and quartiles of {options.rounds} rounds. {machine.about()}."
        listed = "\n".join(f"- {verdict}" for verdict in verdicts)
        page = write_section(f"{COMMAND} rpc", [table, listed, about])
        print(f"wrote {page.name}, {draw(rows, found, about).name}", file=sys.stderr)
    return 0
