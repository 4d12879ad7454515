"""What is measured: patterns, over transports, in sizes. A cell is one of each.

Cells have names like push-pull/tcp/16; where a pattern has one transport or size only, the name
ends earlier.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TRANSPORTS: Final = ("inproc", "ipc", "tcp")
SIZES: Final = (16, 128, 1024, 65536, 1 << 20)

QUEUED: Final = 32 << 20
"""Bytes that a queue may hold; small messages stop at libzmq's own high-water mark before."""

HWM: Final = 1000

# pyomq 0.21 has no XPUB_NODROP, and does not get through a round with 100 peers.
BLOCKING: Final = ("C", "zmqlite", "pyzmq")
SINGLE: Final = ("C", "zmqlite", "zmqlite batched", "pyzmq")
ALL: Final = (*SINGLE, "pyomq")


@dataclass(frozen=True)
class Pattern:
    """Roles that work together. The first binds, the others connect to it."""

    name: str
    summary: str
    roles: tuple[str, ...]
    implementations: tuple[str, ...] = BLOCKING
    transports: tuple[str, ...] = TRANSPORTS
    sizes: tuple[int, ...] = SIZES
    number: int = 1
    metrics: tuple[str, ...] = ("rate", "cpu")


@dataclass(frozen=True)
class Cell:
    """One pattern over one transport with messages of one size."""

    pattern: Pattern
    transport: str
    size: int

    @property
    def name(self) -> str:
        parts = [self.pattern.name]
        if len(self.pattern.transports) > 1:
            parts.append(self.transport)
        if len(self.pattern.sizes) > 1:
            parts.append(str(self.size))
        return "/".join(parts)

    @property
    def hwm(self) -> int:
        """Messages that a queue may hold."""
        return max(4, min(HWM, QUEUED // max(1, self.size)))


LATENCY: Final = ("p50", "p99", "cpu")

PATTERNS: Final = (
    Pattern("push-pull", "PUSH to PULL", ("pull", "push"), ALL),
    Pattern(
        "three-frame",
        "messages of three such frames",
        ("pull-frames", "push-frames"),
        (*BLOCKING, "pyomq"),
    ),
    Pattern("req-rep", "REQ to REP and back", ("answer", "ask"), metrics=LATENCY),
    Pattern("pub-sub-1", "PUB to one SUB", ("publish", "subscribe"), SINGLE),
    Pattern("pub-sub-8", "PUB to eight SUB", ("publish", *("subscribe",) * 8), SINGLE, number=8),
    Pattern("router-dealer", "ROUTER with 100 DEALER", ("route", "deal"), number=100),
    Pattern("poller-1", "a Poller over 1 PULL", ("distribute", "poll"), number=1),
    Pattern("poller-10", "a Poller over 10 PULL", ("distribute", "poll"), number=10),
    Pattern("poller-100", "a Poller over 100 PULL", ("distribute", "poll"), number=100),
    Pattern("proxy", "PUSH to a proxy to PULL", ("proxy", "pull-proxied", "push"), ALL),
    Pattern(
        "alternate",
        "send and recv in turn, in one thread",
        ("alternate",),
        SINGLE,
        transports=("inproc",),
    ),
    Pattern(
        "alternate-frames",
        "the same with three such frames",
        ("alternate-frames",),
        transports=("inproc",),
    ),
)

CELLS: Final = {
    cell.name: cell
    for pattern in PATTERNS
    for transport in pattern.transports
    for size in pattern.sizes
    for cell in [Cell(pattern, transport, size)]
}

QUICK: Final = (
    "push-pull/tcp/16",
    "push-pull/ipc/16",
    "push-pull/tcp/65536",
    "three-frame/tcp/16",
    "req-rep/tcp/16",
)


def matching(patterns: Iterable[str]) -> list[Cell]:
    """Return the cells whose names match one of these, in the order of the table.

    Raises:
        ValueError: one of them matches nothing.
    """
    wanted = list(patterns)
    for pattern in wanted:
        if not fnmatch.filter(CELLS, pattern):
            raise ValueError(f"no cell matches {pattern!r}; --list names them all")
    return [
        cell
        for name, cell in CELLS.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
    ]
