"""Arguments that all commands of the benchmarks take."""

from __future__ import annotations

import argparse
from pathlib import Path
from types import FrameType


def rounds(text: str) -> int:
    """Read how many rounds; argparse reports a ValueError."""
    if int(text) < 1:
        raise ValueError
    return int(text)


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what to measure, and where the results go."""
    parser.add_argument("names", nargs="*", help="names, as --list tells them; * stands for any")
    parser.add_argument("--list", action="store_true", help="print the names and do nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples to a file")
    parser.add_argument(
        "--from",
        type=Path,
        dest="source",
        metavar="FILE",
        help="take the samples from such a file, and measure nothing",
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is not met")


def terminated(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that no process is left behind."""
    raise KeyboardInterrupt
