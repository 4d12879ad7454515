"""zmqlite proxy and zmqlite watch."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from typing import Final

from ..constants import SocketType
from ..context import Context
from ..proxy import proxy
from .exits import TimedOut, wrong_input
from .sockets import attach, opened, options

MODES: Final = {
    "queue": (SocketType.ROUTER, SocketType.DEALER),
    "forwarder": (SocketType.XSUB, SocketType.XPUB),
    "streamer": (SocketType.PULL, SocketType.PUSH),
}


def run_proxy(args: Namespace) -> None:
    """Bind both sides, and pass messages on until Ctrl-C."""
    with Context(linger=0) as context:
        with wrong_input():
            sockets = [context.socket(kind, **options(args)) for kind in MODES[args.mode]]
            if args.capture:
                sockets.append(context.socket(SocketType.PUB))
            for socket, endpoint in zip(
                sockets, (args.front, args.back, args.capture), strict=False
            ):
                print(f"bound to {socket.bind(endpoint)}", file=sys.stderr, flush=True)
        proxy(*sockets)


def run_watch(args: Namespace) -> None:
    """Print the events of connections as sentences, with their likely causes."""
    count = 0
    with opened(args, args.type) as socket, socket.monitor() as monitor:
        attach(socket, args, args.type)
        for event in monitor.iter(args.timeout):
            print(time.strftime("%H:%M:%S"), event, flush=True)
            count += 1
            if count == args.count:
                return
    if args.count or not count:
        raise TimedOut(f"nothing happened in {args.timeout} ms")
