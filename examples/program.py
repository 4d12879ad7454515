"""The way into a program: its arguments from the command line, and a clean end on a signal."""

from __future__ import annotations

import argparse
import inspect
import io
import signal
import sys
from collections.abc import Callable
from typing import NoReturn

__all__ = ["run"]


def run(main: Callable[..., int | None]) -> NoReturn:
    """Call main with what the command line says; SIGINT and SIGTERM end it, with exit code 0.

    Otherwise what main returns is the exit code.

    A parameter of main with a default is an option of that name, one without a positional
    argument, and *name takes all that are left. Each line is printed at once. Both signals become
    KeyboardInterrupt in main, whose `with` blocks then close what they opened.
    """
    positional, options = _arguments(main)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    # Without write_through, which PYTHONUNBUFFERED sets: lines of several threads would mix.
    sys.stdout.reconfigure(line_buffering=True, write_through=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a script started us
    # By way of the other one, for which asyncio has a handler of its own.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        code = main(*positional, **options)
    except KeyboardInterrupt:
        code = 0
    sys.exit(code)


def _arguments(main: Callable[..., int | None]) -> tuple[list[object], dict[str, object]]:
    parser = argparse.ArgumentParser(
        description=inspect.getmodule(main).__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parameters = inspect.signature(main, eval_str=True).parameters.values()
    for each in parameters:
        kind = {"type": each.annotation, "help": each.annotation.__name__}
        if each.kind is each.VAR_POSITIONAL:
            parser.add_argument(each.name, nargs="*", **kind)
        elif each.default is each.empty:
            parser.add_argument(each.name, **kind)
        else:
            option = f"--{each.name.replace('_', '-')}"
            if each.annotation is bool:
                parser.add_argument(option, action=argparse.BooleanOptionalAction)
            else:
                parser.add_argument(option, **kind)
            parser.set_defaults(**{each.name: each.default})
    given = vars(parser.parse_intermixed_args())
    positional: list[object] = []
    for each in parameters:
        if each.kind is each.VAR_POSITIONAL:
            positional += given.pop(each.name)
        elif each.default is each.empty:
            positional.append(given.pop(each.name))
    return positional, given
