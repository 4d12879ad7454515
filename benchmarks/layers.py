"""What each layer of one send and one receive costs: `python -m benchmarks.layers`.

It needs valgrind, which counts instructions, and perf, which takes samples. Messages of 16 bytes go
over inproc, in one thread. Instructions are those of a long run without those of a short one. The
time of a layer is its part of the samples, of the time that a send and a receive take together.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from .children import ROOT, Failure
from .compiled import compile_peer
from .report import table_of
from .sections import COMMAND, WIDTH, write_section

SHORT: Final = 1000
LONG: Final = 21000
TRIED: Final = 100_000
SECONDS: Final = 3
"""How long the run takes that samples are taken of."""

START: Final = 500
"""Milliseconds after which a process has started, and samples count."""

SETTING: Final = ("inproc://front", "16", "1", "0")
COMPARED: Final = ("C", "zmqlite", "zmqlite batched", "pyzmq")

GIL: Final = re.compile(
    r"take_gil|drop_gil|PyEval_(Save|Restore)Thread|tstate_\w+_|_PyThreadState_Swap"
    r"|_*pthread_(mutex|cond)_\w+|lll_\w+"
)
LAYERS: Final = (
    ("libzmq", re.compile(r"/libzmq")),
    ("C library: memory, copies", re.compile(r"/libc[.-]|/ld-linux|/libstdc|vdso")),
    ("shim", re.compile(r"zmqlite/_zmq")),
    ("cffi", re.compile(r"_cffi_backend")),
    ("Python", re.compile(r"python3?[.\d]*$|/libpython")),
    ("pyzmq", re.compile(r"/zmq/backend/")),
)
OTHER: Final = "the rest"
ALL_LAYERS: Final = ("Python", "cffi", "GIL", "shim", "pyzmq", "libzmq", LAYERS[1][0], OTHER)

Costs = collections.Counter[str]


def layer_of(file: str, function: str) -> str:
    """Name the layer of a function in a file of machine code."""
    if GIL.match(function):
        return "GIL"
    if function.startswith("_cffi_"):
        return "cffi"
    return next((name for name, pattern in LAYERS if pattern.search(file)), OTHER)


def run(command: Sequence[str], count: int) -> str:
    """Run a worker for `count` messages, under whatever the command says; return its answers."""
    done = subprocess.run(
        command,
        input=f"run {count}\n",
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},  # or every start takes other instructions
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Failure(f"{command[0]} failed:\n{done.stderr}")
    return done.stdout


def instructions(program: Sequence[str], role: str, count: int, file: Path) -> Costs:
    """Count the instructions of a process that handles `count` messages, by layer."""
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file}"]
    run([*valgrind, *program, role, *SETTING], count)
    shown = subprocess.run(
        ["callgrind_annotate", "--threshold=100", str(file)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = re.findall(r"^ *([\d,]+) \(.*?\)  \S*?:([^\[\n]+?)(?: \[(.*)\])?$", shown, re.MULTILINE)
    # What was inlined from another source file comes without the name of the library.
    libraries = {function: library for _, function, library in lines if library}
    costs: Costs = collections.Counter()
    for number, function, library in lines:
        found = library or libraries.get(function, "")
        costs[layer_of(found, function)] += int(number.replace(",", ""))
    return costs


def for_a_message(program: Sequence[str], role: str, file: Path) -> dict[str, float]:
    """Return instructions of each layer for one message."""
    long, short = (instructions(program, role, count, file) for count in (LONG, SHORT))
    return {name: (long[name] - short[name]) / (LONG - SHORT) for name in ALL_LAYERS}


def seconds(command: Sequence[str], count: int) -> float:
    """Return how long `count` messages took."""
    answers = map(json.loads, run(command, count).splitlines())
    return next(float(answer["seconds"]) for answer in answers if "seconds" in answer)


def nanoseconds(program: Sequence[str], file: Path) -> dict[str, float]:
    """Return the time of each layer for one message there and back."""
    perf = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-D", str(START)]
    command = [*program, "alternate", *SETTING]
    count = round(TRIED * SECONDS / seconds(command, TRIED))
    each = seconds([*perf, "-o", str(file), "--", *command], count) * 1e9 / count
    script = subprocess.run(
        ["perf", "script", "-i", str(file), "-F", "ip,sym,dso"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    samples: Costs = collections.Counter(
        layer_of(library, function)
        for function, library in re.findall(r"^ *\w+ (.*?) \((.*)\)$", script, re.MULTILINE)
    )
    return {name: each * samples[name] / samples.total() for name in ALL_LAYERS}


def measure(console: Console) -> list[Table]:
    """Print a table for every implementation, and return them."""
    tables = []
    with tempfile.TemporaryDirectory() as directory:
        peer = str(compile_peer(Path(directory)))
        file = Path(directory, "profile")
        for name in COMPARED:
            worker = [sys.executable, "-m", "benchmarks.worker", name]
            program = [peer] if name == "C" else worker
            send = for_a_message(program, "hold-messages", file)
            both = for_a_message(program, "alternate", file)
            time = nanoseconds(program, file)
            table = table_of(name, "send: instructions", "recv: instructions", "both: ns")
            for layer in ALL_LAYERS:
                row = (send[layer], both[layer] - send[layer], time[layer])
                if max(row) >= 1:
                    table.add_row(layer, *(f"{round(value):,}" for value in row))
            totals = (sum(send.values()), sum(both.values()) - sum(send.values()))
            table.add_row("all", *(f"{round(value):,}" for value in (*totals, sum(time.values()))))
            console.print(table)
            tables.append(table)
    return tables


def main() -> None:
    """Print the tables, or write them to docs/explanation/speed.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layers", description=__doc__)
    parser.add_argument(
        "--publish", action="store_true", help="write them to docs/explanation/speed.md"
    )
    options = parser.parse_args()
    tables = measure(Console(width=WIDTH))
    if options.publish:
        write_section(COMMAND, tables)


if __name__ == "__main__":
    try:
        main()
    except (Failure, OSError) as failure:
        sys.exit(str(failure))
