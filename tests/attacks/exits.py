"""Ways for a program to end: `python -m tests.attacks.exits NAME` is one.

Without arguments each of ENDS runs, also in Python's development mode, and a table is printed. That
needs nothing but Python, zmqlite and this folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import exit_ways  # noqa: F401, which fills ENDS
from .exit_support import ENDS, LINGER, End

ROOT = Path(__file__).parents[2]

SLACK = 1.0
"""Seconds that an end may take beyond the linger."""

TRIES = 5
"""How often that is measured; the machine may have been busy with something else."""


STRICT = "-X", "dev", "-W", "error", "-W", "ignore::ResourceWarning"
"""Options of Python under which these programs must be as silent; they close little."""


def seconds(name: str, *options: str) -> float:
    """How long a program takes to end, which it must do as ENDS says; the best of a few tries."""
    wanted = ENDS[name]
    least = LINGER / 1000 - 0.05 if wanted.lingers else 0
    for _ in range(TRIES):
        took = end_once(name, options, wanted)
        if least < took < LINGER / 1000 + SLACK + wanted.grace:
            return took
    raise AssertionError(f"it took {took:.2f} s")


def end_once(name: str, options: Sequence[str], wanted: End) -> float:
    with subprocess.Popen(
        [sys.executable, *options, "-m", "tests.attacks.exits", name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # or what follows the line is read with it, and not seen by communicate()
        process_group=0,
    ) as process:
        assert process.stdout
        first = process.stdout.readline().decode()
        start = time.monotonic()
        try:
            late, complaint = (each.decode() for each in process.communicate(timeout=30))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        took = time.monotonic() - start
    found = first, late, process.returncode
    assert found == ("ends\n", wanted.out, wanted.code), (found, complaint)
    assert wanted.complains or not complaint, complaint
    return took


def outcome(name: str, *options: str) -> str:
    try:
        return f"{seconds(name, *options):.2f}"
    except (AssertionError, subprocess.TimeoutExpired) as error:
        return f"FAILED: {str(error).strip().splitlines()[-1]}"


def main() -> None:
    print("| end | seconds | in development mode |\n|---|---|---|")
    failed = 0
    for name in ENDS:
        results = [outcome(name), outcome(name, *STRICT)]
        failed += sum(each.startswith("FAILED") for each in results)
        print(f"| {name.replace('_', ' ')} | {' | '.join(results)} |", flush=True)
    print(f"exits python={sys.version.split()[0]} ends={len(ENDS)} failed={failed}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        # A program that a shell starts in the background ignores it, and so do its children.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ENDS[sys.argv[1]].program()
