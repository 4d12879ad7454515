"""`python -m examples`: list the examples, or run all processes of one."""

from __future__ import annotations

import argparse
import os
import sys

from .catalogue import SCENARIOS, listing, unknown
from .launcher import run


def main(arguments: list[str] | None = None) -> int:
    """List or run; return the exit code: 0 only if every process did what it should."""
    parser = argparse.ArgumentParser(prog="python -m examples", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("list", help="say what there is (the default)")
    runner = commands.add_parser("run", help="run all processes of one example")
    runner.add_argument("name", metavar="NAME")
    runner.add_argument("--fast", action="store_true", help="few messages, and no time to watch")
    options = parser.parse_args(arguments)
    if options.command != "run":
        print(listing())
        return 0
    if options.name not in SCENARIOS:
        print(unknown(options.name), file=sys.stderr)
        return 2
    return run(SCENARIOS[options.name], fast=options.fast)


try:
    code = main()
except BrokenPipeError:  # as in `| head`; what is still buffered has nowhere to go
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    code = 1
sys.exit(code)
