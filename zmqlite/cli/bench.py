"""zmqlite bench: round trips and throughput between two processes, here or on two hosts.

Both sides are a DEALER, and the server has one client at a time. A message that begins with `e` is
sent back, one with `d` is counted, and `q` asks for the count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .exits import Failed, Wrong
from .sockets import attach, opened
from .terminal import table


def run_bench(args: Namespace) -> None:
    """Be the server, or measure one."""
    args.bind, args.connect = args.serve, not args.serve
    if args.serve and not args.endpoint:
        raise Wrong("--serve needs the endpoint to bind")
    if args.serve:
        with opened(args, "dealer") as socket:
            attach(socket, args, "dealer")
            _serve(socket)
    with _server(args), opened(args, "dealer") as socket:
        attach(socket, args, "dealer")
        _show(_measure(socket, args), args.json)


@contextmanager
def _server(args: Namespace) -> Iterator[None]:
    """Start a server in a process of its own, unless there is an endpoint."""
    if args.endpoint:
        yield
        return
    command = [sys.executable, "-m", "zmqlite", "bench", "--serve", "tcp://127.0.0.1:*"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            args.endpoint = server.stderr.readline().split()[-1]
            yield
        finally:
            server.kill()


def _serve(socket: Any) -> None:
    """Answer until Ctrl-C."""
    count = 0
    while True:
        messages = socket.recv_many()
        if messages[0][:1] == messages[-1][:1] == b"d":
            count += len(messages)
            continue
        for message in messages:
            if message[:1] == b"d":
                count += 1
            elif message[:1] == b"q":
                socket.send(b"%d" % count)
                count = 0
            else:
                socket.send(message)


def _measure(socket: Any, args: Namespace) -> dict[str, Any]:
    """Measure the times of round trips, one after the other, and then one way."""
    echo, data = b"e" * args.size, b"d" * args.size
    times = []
    for _ in range(args.count):
        start = time.perf_counter_ns()
        socket.send(echo, timeout=args.timeout)
        if socket.recv(timeout=args.timeout) != echo:
            raise Failed(f"{args.endpoint} is no zmqlite bench --serve")
        times.append((time.perf_counter_ns() - start) / 1000)
    times.sort()
    batch, count = [data] * 1000, 10 * args.count
    start = time.perf_counter_ns()
    for left in range(count, 0, -len(batch)):
        socket.send_many(batch[:left], timeout=args.timeout)
    socket.send(b"q", timeout=args.timeout)
    arrived = int(socket.recv(timeout=args.timeout))
    seconds = (time.perf_counter_ns() - start) / 1e9
    if arrived != count:
        raise Failed(f"{arrived} of {count} messages arrived: is there another client?")
    result: dict[str, Any] = {"size": args.size, "round_trips": args.count, "messages": count}
    for part in (50, 90, 99):
        result[f"p{part}_us"] = round(times[len(times) * part // 100], 1)
    result |= {"max_us": round(times[-1], 1), "messages_per_s": round(count / seconds)}
    return result | {"megabytes_per_s": round(count * args.size / seconds / 1e6, 1)}


def _show(result: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(result))
    else:
        table([(name, f"{value:,}") for name, value in result.items()])
