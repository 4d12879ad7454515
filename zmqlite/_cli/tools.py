"""zmqlite proxy, watch, bench, keygen, cert and report."""

from __future__ import annotations

import json
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import filterfalse, islice
from pathlib import Path
from typing import Any, Final

from .. import __version__
from .._zmq import ffi, lib
from ..arguments import IPC_PATH_MAX
from ..auth.certificate import SECRET, Certificate
from ..constants import SocketType
from ..context import Context
from ..library import has, zmq_version
from ..proxy import proxy
from .sockets import attach, opened, options
from .terminal import Failed, TimedOut, Wrong, printable, table, wrong_input

OPTIONAL: Final = ("curve", "draft", "gssapi", "ipc", "norm", "pgm", "tipc", "vmci", "ws", "wss")
"""What libzmq may have been built without."""

MODES: Final = {
    "queue": (SocketType.ROUTER, SocketType.DEALER),
    "forwarder": (SocketType.XSUB, SocketType.XPUB),
    "streamer": (SocketType.PULL, SocketType.PUSH),
}
"""The types of the front and of the back."""


def pass_on(args: Any) -> None:
    """Bind both sides, and pass messages on until Ctrl-C."""
    endpoints = [args.front, args.back, *filter(None, [args.capture])]
    with Context(linger=0) as context:
        sockets = []
        for kind, endpoint in zip((*MODES[args.mode], SocketType.PUB), endpoints, strict=False):
            with wrong_input():
                sockets.append(context.socket(kind, **options(args)))
                print(f"bound to {sockets[-1].bind(endpoint)}", file=sys.stderr, flush=True)
        proxy(*sockets)


def watch(args: Any) -> None:
    """Print the events of connections as sentences, with their likely causes."""
    count = 0
    with opened(args, args.socket) as socket, socket.monitor() as monitor:
        attach(socket, args, args.socket)
        for event in islice(monitor.iter(args.timeout), args.count):
            print(time.strftime("%H:%M:%S"), printable(str(event)), flush=True)
            count += 1
    if count < (args.count or 1):
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
            if message.startswith(b"d"):
                count += 1
                continue
            socket.send(b"%d" % count if message == b"q" else message)
            count = 0


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


def keygen(args: Any) -> None:
    """Make a key pair, and print it or save it as a certificate."""
    with wrong_input():
        made = Certificate.generate(dict(args.meta))
        if args.file is not None:
            made.save(args.file)
    secret = made.secret_key.decode() if args.file is None else f"in {args.file}{SECRET}"
    table([("public-key", made.public_key.decode()), ("secret-key", secret)])


def cert(args: Any) -> None:
    """Print what a certificate holds, but no secret key; or its public key alone."""
    with wrong_input():
        found = Certificate.load(args.file)
    key = found.public_key.decode()
    rows = [("public-key", key), ("secret-key", "there" if found.has_secret else "none")]
    table([*rows, *found.metadata.items()] if args.action == "show" else [(key,)])


def report(args: Any) -> None:
    """Print what is installed here."""
    declared = (lib.ZMQ_VERSION_MAJOR, lib.ZMQ_VERSION_MINOR, lib.ZMQ_VERSION_PATCH)
    running, built = (".".join(map(str, version)) for version in (zmq_version(), declared))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Context() as context:
        sockets = f"{context.max_sockets} per context, at most {context.socket_limit}"
    found = {
        "zmqlite": __version__,
        "libzmq": f"{running}, built against {built}",
        "from": f"{ffi.string(lib.ZMQLITE_BUILD_LIBZMQ).decode()}: {_library()}",
        "has": " ".join(filter(has, OPTIONAL)) or "nothing optional",
        "has not": " ".join(filterfalse(has, OPTIONAL)),
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": platform.platform(),
        "descriptors": f"{soft} for this process, at most {hard} (ulimit -n); a socket takes one",
        "sockets": sockets,
        "ipc paths": f"at most {IPC_PATH_MAX} bytes",
    }
    if args.json:
        print(json.dumps(found))
    else:
        table([*found.items()])


def _library() -> str:
    """Return the path of the libzmq that this process has loaded."""
    try:
        maps = Path("/proc/self/maps").read_text()
    except OSError:
        return "unknown"
    return ", ".join(sorted(set(re.findall(r"/.*libzmq.*", maps)))) or "unknown"
