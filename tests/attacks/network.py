"""What a bad network does to messages, with zmqlite and pyzmq alternately. Needs root and iproute2.

The program makes two network namespaces and removes them again. The peers talk over a wire between
these that loses, doubles, holds up and reorders packets, resets connections, or is cut for a while.
Every message is numbered and has a checksum.
"""

from __future__ import annotations

import faulthandler
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .network_wire import Trouble, Wire, missing
from .program import begin, end

ROOT = Path(__file__).parents[2]
SCENARIOS = {
    "good": Trouble(),
    "loss 1 %": Trouble(loss=0.01),
    "loss 5 %": Trouble(loss=0.05),
    "loss 20 %": Trouble(loss=0.2),
    "reorder 10 %": Trouble(reorder=0.1),
    "duplicate 10 %": Trouble(duplicate=0.1),
    "delay 20 ms, jitter 5 ms": Trouble(delay=20, jitter=5),
    "10 Mbit/s": Trouble(rate=10),
    "2 resets a second": Trouble(resets=2),
    "partition": Trouble(partition=4),
    "partition, heartbeats": Trouble(partition=4, heartbeats=True),
}
LOSSY = ("resets", "partition, heartbeats")  # where a connection ends, what it carried is lost
WAIT = 60  # seconds until everything that was sent must have come
COLUMNS = (
    *("network", "library", "messages/s", "round trip p50, p99 ms", "sent", "lost", "doubled"),
    *("torn", "noticed s", "flows again s"),
)


class Peer:
    """A process in one of the namespaces."""

    def __init__(self, wire: Wire, side: int, library: str, role: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [
                *("ip", "netns", "exec", wire.names[side]),
                *(sys.executable, "-m", "tests.attacks.network_peer"),
                *(library, role, str(wire.trouble.heartbeats), *arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def result(self) -> dict[str, Any]:
        out, _ = self.process.communicate("\n", timeout=3 * WAIT)
        found: dict[str, Any] = json.loads(out)
        return found


def measure(wire: Wire, trouble: Trouble, library: str, seconds: float) -> dict[str, Any]:
    """One library on one kind of network."""
    wire.trouble = replace(trouble, resets=0)
    length = str(seconds + 4 * trouble.partition)
    server = Peer(wire, 0, library, "server", wire.addresses[0])
    peers = [server]
    try:
        assert server.line() == "ready"
        client = Peer(wire, 1, library, "client", wire.addresses[0], length)
        peers.append(client)
        assert client.line() == "streams"
        wire.trouble = trouble
        time.sleep(1)
        cut = healed = time.monotonic()
        if trouble.partition:
            wire.down = True
            time.sleep(trouble.partition)
            wire.down = False
            healed = time.monotonic()
        time.sleep(max(0, seconds / 2 - 1))
        result = client.result()
        wire.trouble = replace(trouble, resets=0)
        quiet(wire)
        result |= server.result()
    finally:
        for each in peers:
            each.process.kill()
            each.process.wait()
    result["lost"] = result["sent"] - result["received"]
    result["rate"] = result["received"] / max(result["last"] - result["start"], 0.001)
    result["noticed"] = [each - cut for each in result["noticed"] if cut < each < healed]
    result["flows"] = [each - healed for each in result["flows"] if each > healed]
    return result


def quiet(wire: Wire) -> None:
    """Wait until nothing but heartbeats is on the wire any more."""
    limit = time.monotonic() + WAIT
    calm = 0
    while calm < 4 and time.monotonic() < limit:
        before = wire.packets
        time.sleep(0.5)
        calm = calm + 1 if wire.packets - before < 20 else 0


def line(cells: Iterable[str]) -> str:
    """A line of the table."""
    return f"| {' | '.join(cells)} |"


def row(name: str, library: str, result: dict[str, Any]) -> str:
    partition = name.startswith("partition")
    times = [result[each] if partition else [] for each in ("noticed", "flows")]
    return line(
        [
            *(name, library, f"{result['rate']:,.0f}"),
            f"{result['p50']:.1f}, {result['p99']:.1f}",
            *(f"{result[each]:,}" for each in ("sent", "lost", "doubled", "torn")),
            *(f"{each[0]:.1f}" if each else "" for each in times),
        ]
    )


def main() -> None:
    names = {
        "nargs": "*",
        "default": list(SCENARIOS),
        "choices": list(SCENARIOS),
        "metavar": "NAME",
    }
    arguments = begin(__doc__, 6, networks=names)
    if reason := missing():
        sys.exit(f"network: cannot run here: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and remove the namespaces
    faults = {"lost": 0, "doubled": 0, "torn": 0}
    sent = 0
    print(line(COLUMNS), line(["---"] * len(COLUMNS)), sep="\n")
    with Wire().running() as wire:
        for name in arguments.networks:
            for library in ("zmqlite", "pyzmq"):
                faulthandler.dump_traceback_later(4 * WAIT, exit=True)
                result = measure(wire, SCENARIOS[name], library, arguments.seconds)
                print(row(name, library, result), flush=True)
                if library == "zmqlite":
                    sent += result["sent"]
                    faults["doubled"] += result["doubled"]
                    faults["torn"] += result["torn"]
                    if not any(each in name for each in LOSSY):
                        faults["lost"] += result["lost"]
    end({"networks": len(arguments.networks), "sent": sent}, faults)


if __name__ == "__main__":
    main()
