"""The console script `zmqlite`, and `python -m zmqlite`.

    terminal    exit codes and the errors that lead to them; tables and rates
    parser      the commands and their options
    schema      types from .proto files, descriptor sets and modules; typed payloads as JSON
    sockets     sockets as the options describe them
    exchange    pub, sub, push, pull, req, rep, dealer, router, pair; the forms of messages
    services    call, list, describe
    probe       probe
    tools       proxy, watch, bench, keygen, cert, report

A module of a command is imported when the command runs: `zmqlite --version` imports none of them.
docs/howto/shell.md is the page for users.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from importlib import import_module

from ..errors import ZMQError
from .parser import build
from .terminal import Failed, Wrong, code_of, printable


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code, or end by the signal that ended it.

    Ctrl-C and a closed output end the process by SIGINT and SIGPIPE, without a word: a shell then
    reports 130 and 141, and stops a loop that the command is in.
    """
    try:
        arguments = sys.argv[1:] if arguments is None else arguments
        return _run(build(arguments[0] if arguments else "").parse_args(arguments))
    except BrokenPipeError:
        return _end_by(signal.SIGPIPE)
    except KeyboardInterrupt:
        return _end_by(signal.SIGINT)


def _run(args: Namespace) -> int:
    """Run the function of a command, and print what went wrong as one line."""
    module, function = args.run.split(".")
    try:
        if sys.stdout is None:
            raise Wrong("standard output is closed")
        code = getattr(import_module(f".{module}", __package__), function)(args)
        print(end="", flush=True)
        return int(code or 0)
    except BrokenPipeError:
        raise
    except (Failed, ZMQError, OSError) as error:
        # Without the traceback, which would let an error name the function of ours that failed.
        text = " ".join(str(error.with_traceback(None)).split())
        print(f"zmqlite {args.command}: {printable(text)}", file=sys.stderr)
        return code_of(error)


def _end_by(number: signal.Signals) -> int:
    """End the process by a signal, as if nothing had caught it; it does not return."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
