"""What the command `zmqlite` takes: `python -m benchmarks cli`.

Lines go from a file through `zmqlite push` and `zmqlite pull` into a file, and typed messages that
wait in a publisher through `zmqlite sub` into a file, as JSON. Each rate is what the command says
itself with `--rate`. `--version` is how much more processor time it takes than an import of the
package, started in turns.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from google.protobuf.type_pb2 import EnumValue
from rich.console import Console
from rich.table import Table

import zmqlite as zmq

from .children import Failure
from .command_line import rounds
from .ratios import summary
from .report import table_of
from .sections import WIDTH, write_section

TITLE: Final = "python -m benchmarks cli"

BARS: Final = {
    "push, lines a second": 500_000,
    "pull, lines a second": 500_000,
    "sub, typed messages as JSON a second": 40_000,
    "--version, ms more than the import": 60,
}
"""At least so many; of the last at most."""

PUSH, PULL, SUB, VERSION = BARS
LINES: Final = 2_000_000
MESSAGES: Final = 200_000
STARTS: Final = 10
PATIENCE: Final = 60

COMMAND: Final = str(Path(sys.executable).with_name("zmqlite"))
TYPED: Final = ("--proto", "google.protobuf.type_pb2", "--type", "google.protobuf.EnumValue")

Samples = dict[str, list[float]]


def start(out: IO[bytes], *arguments: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a command that binds; return it and its endpoint."""
    command = [COMMAND, *arguments, "--bind", "tcp://127.0.0.1:*", "--rate"]
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
    assert process.stderr is not None
    return process, process.stderr.readline().decode().split()[-1]


def rate(errors: bytes) -> float:
    """Return the last rate that a command printed."""
    if not (found := re.findall(rb"([\d,]+)/s", errors)):
        raise Failure(errors.decode())
    return float(found[-1].replace(b",", b""))


def lines(directory: Path, part: float) -> tuple[float, float]:
    """Return the rates of push and of pull."""
    count = max(1, int(LINES * part))
    source, target = directory / "lines", directory / "out"
    source.write_bytes(b"".join(b"line number %09d\n" % number for number in range(count)))
    with target.open("wb") as out:
        pull, endpoint = start(out, "pull", "-n", str(count))
        with pull:
            push = subprocess.run(
                [COMMAND, "push", endpoint, "-f", str(source), "--rate"],
                stderr=subprocess.PIPE,
                timeout=PATIENCE,
                check=False,
            )
            rates = rate(push.stderr), rate(pull.communicate(timeout=PATIENCE)[1])
    if source.read_bytes() != target.read_bytes():
        raise Failure("what pull printed is not what push read")
    return rates


def typed(directory: Path, part: float) -> float:
    """Return the rate of sub."""
    count = max(1, int(MESSAGES * part))

    payload = EnumValue(name="hello world", number=7).SerializeToString()
    with (directory / "out").open("wb") as out, zmq.Context() as context:
        sub, endpoint = start(out, "sub", "-n", str(count), "--set", "rcvhwm=0", *TYPED)
        with sub, context.socket(zmq.XPUB, sndhwm=0) as publisher:
            publisher.connect(endpoint)
            publisher.wait_subscribers(1, 1000 * PATIENCE)
            publisher.send_many([payload] * count)
            return rate(sub.communicate(timeout=PATIENCE)[1])


def version(part: float) -> float:
    """Return how many milliseconds more the version takes than an import, by the medians."""
    times: list[list[float]] = [[], []]
    for _ in range(max(1, int(STARTS * part))):
        for found, command in zip(
            times, ([COMMAND, "--version"], [sys.executable, "-c", "import zmqlite"]), strict=True
        ):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, stdout=subprocess.DEVNULL, timeout=PATIENCE, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            found.append(seconds * 1000)
    command_ms, import_ms = map(statistics.median, times)
    return command_ms - import_ms


def measure(count: int, part: float) -> Samples:
    """Measure everything in all rounds."""
    samples: Samples = {name: [] for name in BARS}
    with tempfile.TemporaryDirectory() as directory:
        for _ in range(count):
            pushed, pulled = lines(Path(directory), part)
            found = (pushed, pulled, typed(Path(directory), part), version(part))
            for name, value in zip(BARS, found, strict=True):
                samples[name].append(value)
    return samples


def verdicts(samples: Samples) -> dict[str, str]:
    """Tell whether the bars are met, by the medians."""
    found = {name: summary(values).median for name, values in samples.items()}
    met = {name: found[name] >= bar for name, bar in BARS.items()}
    met[VERSION] = found[VERSION] <= BARS[VERSION]
    return {name: "met" if each else "not met" for name, each in met.items()}


def report(samples: Samples) -> list[Table | str]:
    """Make a table of what was found."""
    table, told = table_of("", "median", "quartiles", "bar", ""), verdicts(samples)
    for name, values in samples.items():
        each = summary(values)
        spread = f"{each.low:,.0f} to {each.high:,.0f}"
        table.add_row(name, f"{each.median:,.0f}", spread, f"{BARS[name]:,}", told[name])
    return [table, f"{summary(samples[PUSH]).rounds} rounds."]


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return the exit code."""
    parser = argparse.ArgumentParser(prog=TITLE, description=__doc__)
    parser.add_argument("--rounds", type=rounds, default=10, help="10 if not given")
    parser.add_argument("--part", type=float, default=1.0, help="of the usual messages and starts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument("--check", action="store_true", help="fail if a bar is not met")
    parser.add_argument(
        "--publish", action="store_true", help="write into docs/explanation/speed.md"
    )
    options = parser.parse_args(arguments)
    try:
        samples = measure(options.rounds, options.part)
    except (Failure, OSError, subprocess.TimeoutExpired) as failure:
        print(failure, file=sys.stderr)
        return 1
    console, parts = Console(width=WIDTH), report(samples)
    for each in parts:
        console.print(each)
    if options.json:
        found = {"samples": samples, "bars": verdicts(samples)}
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.publish:
        print(f"wrote {write_section(TITLE, parts).name}", file=sys.stderr)
    return int(options.check and "not met" in verdicts(samples).values())
