"""`python -m zmqlite.rpc broker ENDPOINT...`: a broker, until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import signal

from ..context import Context
from .broker import Broker


def main() -> None:
    """Run a broker; SIGTERM and SIGINT let the calls end that it has taken."""
    parser = argparse.ArgumentParser(prog="python -m zmqlite.rpc")
    commands = parser.add_subparsers(dest="command", required=True)
    broker = commands.add_parser("broker", help="pass calls of clients on to servers that register")
    broker.add_argument("endpoints", nargs="+", metavar="ENDPOINT", help="where to bind")
    broker.add_argument("--waiting", type=int, default=10_000, help="calls that wait, per service")
    broker.add_argument("--calls", type=int, default=10_000, help="unfinished calls of a client")
    broker.add_argument("--grace", type=int, default=10_000, help="milliseconds to end in")
    given = parser.parse_args()
    with Context() as context, Broker(context, waiting=given.waiting, calls=given.calls) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop(given.grace))
        for endpoint in given.endpoints:
            print("bound", server.bind(endpoint), flush=True)
        server.run()


if __name__ == "__main__":
    main()
