"""zmqlite proxy, watch and bench."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ..constants import SocketType
from ..context import Context
from ..proxy import proxy
from .exits import Failed, TimedOut, Wrong, printable, wrong_input
from .sockets import attach, opened, options
from .terminal import table

MODES: Final = {
    "queue": (SocketType.ROUTER, SocketType.DEALER, SocketType.PUB),
    "forwarder": (SocketType.XSUB, SocketType.XPUB, SocketType.PUB),
    "streamer": (SocketType.PULL, SocketType.PUSH, SocketType.PUB),
}
"""The types of the front, of the back, and of what captures."""


def pass_on(args: Any) -> None:
    """Bind both sides, and pass messages on until Ctrl-C."""
    endpoints = [args.front, args.back, *([args.capture] if args.capture else [])]
    with Context(linger=0) as context:
        sockets = []
        for kind, endpoint in zip(MODES[args.mode], endpoints, strict=False):
            with wrong_input():
                sockets.append(context.socket(kind, **options(args)))
                print(f"bound to {sockets[-1].bind(endpoint)}", file=sys.stderr, flush=True)
        proxy(*sockets)


def watch(args: Any) -> None:
    """Print the events of connections as sentences, with their likely causes."""
    count = 0
    with opened(args, args.socket) as socket, socket.monitor() as monitor:
        attach(socket, args, args.socket)
        for event in monitor.iter(args.timeout):
            print(time.strftime("%H:%M:%S"), printable(str(event)), flush=True)
            count += 1
            if count == args.count:
                return
    if args.count or not count:
        raise TimedOut(f"nothing happened in {args.timeout} ms")


def bench(args: Any) -> None:
    """Measure round trips and throughput with a server, or be that server.

    Both are a DEALER, and the server has one client at a time. A message that begins with `e` is
    sent back, one with `d` is counted, and `q` asks for the count.
    """
    if args.serve and not args.endpoint:
        raise Wrong("--serve needs the endpoint to bind")
    args.bind, args.connect = args.serve, not args.serve
    with _server(args), opened(args, "dealer") as socket:
        attach(socket, args, "dealer")
        if args.serve:
            _serve(socket)
        result = _measure(socket, args)
    if args.json:
        print(json.dumps(result))
    else:
        table([(name, f"{value:,}") for name, value in result.items()])


@contextmanager
def _server(args: Any) -> Iterator[None]:
    """Start a server in a process of its own, unless there is an endpoint."""
    command = [sys.executable, "-m", "zmqlite", "bench", "--serve", "tcp://127.0.0.1:*"]
    if args.endpoint:
        yield
        return
    with subprocess.Popen(command, stderr=subprocess.PIPE) as server:
        try:
            assert server.stderr is not None
            said = server.stderr.readline().decode()
            if not said.startswith("bound to "):
                raise Failed(f"no server could be started: {said}")
            args.endpoint = said.split()[-1]
            yield
        finally:
            server.kill()


def _serve(socket: Any) -> None:
    """Answer until Ctrl-C."""
    count = 0
    while True:
        for message in socket.recv_many():
            kind = message[:1]
            if kind == b"d":
                count += 1
            elif kind == b"q":
                socket.send(b"%d" % count)
                count = 0
            else:
                socket.send(message)


def _measure(socket: Any, args: Any) -> dict[str, Any]:
    """Measure the times of round trips, one after the other, and then one way."""
    echo, batch, count = b"e" * args.size, [b"d" * args.size] * 1000, 10 * args.count
    times = []
    for _ in range(args.count):
        start = time.perf_counter_ns()
        socket.send(echo, timeout=args.timeout)
        if socket.recv(timeout=args.timeout) != echo:
            raise Failed(f"{args.endpoint} is no zmqlite bench --serve")
        times.append((time.perf_counter_ns() - start) / 1000)
    start = time.perf_counter_ns()
    for left in range(count, 0, -len(batch)):
        socket.send_many(batch[:left], timeout=args.timeout)
    socket.send(b"q", timeout=args.timeout)
    arrived = int(socket.recv(timeout=args.timeout))
    rate = count / (time.perf_counter_ns() - start) * 1e9
    if arrived != count:
        raise Failed(f"{arrived} of {count} messages arrived: is there another client?")
    times.sort()
    parts = {f"p{part}_us": round(times[len(times) * part // 100], 1) for part in (50, 90, 99)}
    return {
        "size": args.size, "round_trips": args.count, "messages": count,
        **parts, "max_us": round(times[-1], 1),
        "messages_per_s": round(rate), "megabytes_per_s": round(rate * args.size / 1e6, 1),
    }  # fmt: skip
