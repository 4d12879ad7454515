"""The console script `zmqlite`, and `python -m zmqlite`.

    exits       exit codes, and the errors that lead to them
    parser      the commands and their options
    terminal    tables and rates
    schema      message types from .proto files, descriptor sets and modules; .proto text again
    payloads    typed payloads as JSON, and back
    records     messages to bytes and back: lines, JSON, NUL, length-prefixed, hex
    sockets     sockets as the options describe them
    exchange    pub, sub, push, pull, req, rep, dealer, router, pair
    services    call, list, describe
    probe       probe
    relay       proxy, watch
    bench       bench
    keys        keygen, cert
    report      report

A module of a command is imported when the command runs: `zmqlite --version` imports none of them.
docs/cli.md is the page for users.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

from ..errors import Timeout, ZMQError
from .exits import WRONG_ERRNOS, Failed, TimedOut, Wrong, printable
from .parser import build

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return the exit code, or end by the signal that ended it.

    Ctrl-C and a closed output end the process by SIGINT and SIGPIPE, without a word: a shell then
    reports 130 and 141, and stops a loop that the command is in.
    """
    args = build().parse_args(arguments)
    try:
        code = _run(args)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return _end_by(signal.SIGPIPE)
    except KeyboardInterrupt:
        return _end_by(signal.SIGINT)
    return code


def _run(args: Namespace) -> int:
    """Run the function of a command, and print what went wrong as one line."""
    try:
        run = getattr(import_module(f".{args.module}", __package__), args.function)
        return int(run(args) or 0)
    except Failed as error:
        code, text = error.code, str(error)
    except Timeout as error:
        code, text = TimedOut.code, str(error.with_traceback(None))
    except ZMQError as error:
        code = (Wrong if error.errno in WRONG_ERRNOS else Failed).code
        text = str(
            error.with_traceback(None)
        )  # which would be for programs, and name our functions
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        code, text = Failed.code, str(error)
    print(f"zmqlite {args.command}: {printable(' '.join(text.split()))}", file=sys.stderr)
    return code


def _end_by(number: signal.Signals) -> int:
    """End the process by a signal, as if nothing had caught it; it does not return."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    return 128 + number
