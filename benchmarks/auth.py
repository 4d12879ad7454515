"""What authentication costs: `python -m benchmarks auth`.

`decisions` is how many requests a second the handler answers from a set of keys: they wait for it
in its socket, and nothing else runs. `handshakes` compares CURVE handshakes a second with a set of
keys and with ANYONE, where libzmq asks nobody, in rounds that alternate.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

import zmqlite as zmq
from zmqlite import auth
from zmqlite.auth.rules import Anyone

from .command_line import rounds
from .ratios import paired, summary
from .report import table_of
from .sections import WIDTH, write_section

TITLE: Final = "python -m benchmarks auth"

DECISIONS: Final = 20_000
"""The bar: decisions a second from a set of keys."""

KEPT: Final = 0.9
"""The bar: the part of the handshakes a second that is left with a policy."""

KEYS: Final = 1000
REQUESTS: Final = 20_000
CLIENTS: Final = 300
PATIENCE: Final = 60_000

Samples = dict[str, list[float]]


def decisions(part: float) -> float:
    """Return how many requests a second the handler answers."""
    count = max(1, int(REQUESTS * part))
    pairs = [zmq.curve_keypair() for _ in range(KEYS)]
    keys = [zmq.z85_decode(public) for public, _ in pairs]
    with zmq.Context(linger=0) as context, context.socket(zmq.DEALER, sndhwm=0, rcvhwm=0) as asks:
        asks.connect("inproc://zeromq.zap.01")
        head = [b"", b"1.0", b"1", b"domain", b"127.0.0.1", b"", b"CURVE"]
        for number in range(count):
            asks.send_multipart([*head, keys[number % KEYS]])
        start = time.perf_counter()
        policy = auth.Policy(curve={public for public, _ in pairs})
        with auth.Authenticator(context, policy) as authenticator:
            while authenticator.statistics().accepted < count:
                time.sleep(0.001)
            return count / (time.perf_counter() - start)


def handshakes(own: auth.Certificate, allow: auth.Policy | Anyone, part: float) -> float:
    """Return how many clients a second come in."""
    count, here = max(1, int(CLIENTS * part)), auth.Certificate.generate()
    with (
        zmq.Context(linger=0) as context,
        zmq.Context(linger=0) as theirs,
        context.socket(zmq.PULL, backlog=count) as server,
    ):
        if isinstance(allow, Anyone):
            auth.curve_server(server, here, allow=allow)
        else:
            auth.curve_server(server, here, allow=allow)
        server.wait_peers(0)
        endpoint = server.bind("tcp://127.0.0.1:*")
        clients = [theirs.socket(zmq.PUSH) for _ in range(count)]
        for client in clients:
            auth.curve_client(client, own, here)
        start = time.perf_counter()
        for client in clients:
            client.connect(endpoint)
        server.wait_peers(count, PATIENCE)
        return count / (time.perf_counter() - start)


def measure(rounds: int, part: float) -> Samples:
    """Measure everything in all rounds."""
    own = auth.Certificate.generate()
    known = auth.Policy(curve={own.public_key})
    rows: dict[str, Callable[[], float]] = {
        "decisions": lambda: decisions(part),
        "handshakes, set": lambda: handshakes(own, known, part),
        "handshakes, ANYONE": lambda: handshakes(own, auth.ANYONE, part),
    }
    samples: Samples = {name: [] for name in rows}
    for index in range(rounds):
        for name in list(rows) if index % 2 else reversed(rows):
            samples[name].append(rows[name]())
    return samples


def verdicts(samples: Samples) -> dict[str, str]:
    """Tell whether the bars are met."""
    made = summary(samples["decisions"]).median >= DECISIONS
    kept = paired(samples["handshakes, set"], samples["handshakes, ANYONE"])
    verdict = "met" if kept.median >= KEPT else "too noisy" if kept.high >= KEPT else "not met"
    return {"decisions": "met" if made else "not met", "handshakes": verdict}


def report(samples: Samples) -> list[Table | str]:
    """Make a table of what was found."""
    table, bars = table_of("", "a second", "bar", ""), verdicts(samples)
    made = summary(samples["decisions"])
    table.add_row("decisions", f"{made.median:,.0f}", f"{DECISIONS:,}", bars["decisions"])
    for name in list(samples)[1:]:
        table.add_row(name, f"{summary(samples[name]).median:,.0f}", "", "")
    kept = paired(samples["handshakes, set"], samples["handshakes, ANYONE"])
    spread = f"{kept.median:.2f} ({kept.low:.2f} to {kept.high:.2f})"
    table.add_row("handshakes, set / ANYONE", spread, f"{KEPT:g}", bars["handshakes"])
    text = f"Medians of {made.rounds} rounds; {CLIENTS} clients come at once. The ratio has its "
    return [table, text + "quartiles."]


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return the exit code."""
    parser = argparse.ArgumentParser(prog=TITLE, description=__doc__)
    parser.add_argument("--rounds", type=rounds, default=10, help="10 if not given")
    parser.add_argument("--part", type=float, default=1.0, help="of the usual requests and clients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples")
    parser.add_argument(
        "--from", type=Path, dest="source", metavar="FILE", help="take the samples of such a file"
    )
    parser.add_argument("--check", action="store_true", help="fail if a bar is not met")
    parser.add_argument(
        "--publish", action="store_true", help="write into docs/explanation/speed.md"
    )
    options = parser.parse_args(arguments)
    if options.source:
        samples: Samples = json.loads(options.source.read_text())["samples"]
    else:
        samples = measure(options.rounds, options.part)
    console = Console(width=WIDTH)
    parts = report(samples)
    for each in parts:
        console.print(each)
    if options.json:
        found = {"samples": samples, "bars": verdicts(samples)}
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.publish:
        print(f"wrote {write_section(TITLE, parts).name}", file=sys.stderr)
    return int(options.check and "not met" in verdicts(samples).values())
