"""Ways for a program to end: `python -m tests.attacks.exits PROGRAM LINGER [ARGUMENT]` is one.

Without arguments each of ENDS runs, also in Python's development mode, and a table is printed. That
needs nothing but Python, zmqlite and this folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import zmqlite as zmq

from . import exit_ways  # noqa: F401, which fills ENDS
from .exit_support import ENDS, PROGRAMS, End, daemon, in_use, program, say, unsent, waits

ROOT = Path(__file__).parents[2]
COMMAND = ["-m", "tests.attacks.exits"]

SLACK = 1.0
"""Seconds that an end may take beyond the linger."""

TRIES = 5
"""How often that is measured; the machine may have been busy with something else."""


STRICT = "-X", "dev", "-W", "error", "-W", "ignore::ResourceWarning"
"""Options of Python under which these programs must be as silent; they close little."""


@program
def daemon_in(name: str) -> None:
    used, call = waits(name, zmq.Context())
    daemon(call)
    in_use(used)
    say("ends")


@program
def interrupted_call(name: str) -> None:
    _, call = waits(name, zmq.Context())
    while True:
        try:
            say("calls")
            call()
        except KeyboardInterrupt:
            say(time.monotonic())


@program
def interrupted_router() -> None:
    router = zmq.Context(linger=0).socket(zmq.ROUTER)
    say(router.bind("tcp://127.0.0.1:*"))
    while True:
        try:
            while True:
                router.recv_multipart()
                say("received")
        except KeyboardInterrupt:
            say("interrupted")


@program
def interrupted_linger(how: str) -> None:
    context, sender = unsent()
    del sender
    say("calls")
    with contextlib.suppress(KeyboardInterrupt):
        if how == "term":
            context.term()
        elif how == "with":
            context.__exit__(None, None, None)
        del context
    say(time.monotonic())


@program
def interrupted_term() -> None:
    context, _ = unsent()
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    start = time.monotonic()
    try:
        context.term()
    except KeyboardInterrupt:
        say(0.05 < time.monotonic() - start < 0.5, context.closed)
    context.term()
    say(0.9 < time.monotonic() - start < 2, context.closed)


def seconds(
    name: str, *arguments: str, options: Sequence[str] = (), limit: float = 0.3 + SLACK
) -> float:
    """How long a program takes to end, which it must do as ENDS says; the best of a few tries."""
    wanted = ENDS.get(name, End(PROGRAMS[name]))
    for _ in range(TRIES):
        if (took := end_once(name, arguments, options, wanted)) < limit + wanted.grace:
            return took
    raise AssertionError(f"it took {took:.2f} s")


def end_once(name: str, arguments: Sequence[str], options: Sequence[str], wanted: End) -> float:
    with subprocess.Popen(
        [sys.executable, *options, *COMMAND, name, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        start = time.monotonic()
        try:
            _, complaint = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        took = time.monotonic() - start
    assert (first, process.returncode) == ("ends\n", wanted.code), complaint
    assert wanted.complains or not complaint, complaint
    return took


def outcome(name: str, *options: str) -> str:
    try:
        return f"{seconds(name, options=options):.2f}"
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
        PROGRAMS[sys.argv[1]](*sys.argv[3:])
