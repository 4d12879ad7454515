"""What is measured: patterns, over transports, in sizes. A cell is one of each.

Cells have names like push-pull/tcp/16 or poller/100/tcp/16: the pattern, then of number, transport
and size those that the pattern has several of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

TRANSPORTS: Final = ("inproc", "ipc", "tcp")
SIZES: Final = (16, 128, 1024, 65536, 1 << 20)

QUEUED: Final = 32 << 20
"""Bytes that a queue may hold; small messages stop at libzmq's own high-water mark before."""

HWM: Final = 1000

# pyomq 0.21 has no XPUB_NODROP, and does not get through a round with 100 peers.
BLOCKING: Final = ("C", "zmqlite", "pyzmq")
BATCHED: Final = ("C", "zmqlite", "zmqlite batched", "pyzmq")
AWAITED: Final = ("C", "zmqlite", "zmqlite.capi", "zmqlite.aio", "pyzmq", "pyzmq.asyncio", "pyomq")
ALL: Final = (*AWAITED, "zmqlite batched", "zmqlite typed", "zmqlite.aio batched")
TYPED: Final = (
    *("zmqlite typed", "zmqlite typed, topic", "zmqlite typed, tagged", "zmqlite typed, batched"),
    *("by hand", "by hand, two frames", "by hand, batched"),
)
TYPED_APART: Final = ("zmqlite typed", "zmqlite typed, batched", "pyzmq by hand")
IMPORTED: Final = ("zmqlite", "zmqlite.capi", "zmqlite.aio", "zmqlite typed", "pyzmq", "pyomq")


@dataclass(frozen=True)
class Pattern:
    """Roles that work together. The first binds, the others connect to it.

    A role that ends in * is played by as many processes as `numbers` says; otherwise that is how
    many sockets, peers or topics a role has. Where `count` is given a run handles just as many
    messages, and nothing warms up. Without roles what is measured is the import.
    """

    name: str
    summary: str
    roles: tuple[str, ...]
    implementations: tuple[str, ...] = BLOCKING
    transports: tuple[str, ...] = TRANSPORTS
    sizes: tuple[int, ...] = SIZES
    numbers: tuple[int, ...] = (1,)
    metrics: tuple[str, ...] = ("rate", "cpu")
    count: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One pattern over one transport with messages of one size."""

    pattern: Pattern
    number: int
    transport: str
    size: int

    @property
    def name(self) -> str:
        pattern = self.pattern
        parts = [pattern.name]
        for value, values in (
            (self.number, pattern.numbers),
            (self.transport, pattern.transports),
            (self.size, pattern.sizes),
        ):
            if len(values) > 1:
                parts.append(str(value))
        return "/".join(parts)

    @property
    def hwm(self) -> int:
        """Messages that a queue may hold."""
        return max(4, min(HWM, QUEUED // max(1, self.size)))

    @property
    def processes(self) -> list[str]:
        """The roles of each process; over inproc all are in one, each in a thread of its own."""
        roles: list[str] = []
        for role in self.pattern.roles:
            roles += [role[:-1]] * self.number if role.endswith("*") else [role]
        return ["+".join(roles)] if self.transport == "inproc" else roles


LATENCY: Final = ("p50", "p99", "cpu")
TRIP: Final = ("answer", "ask")
INPROC: Final = ("inproc",)
TCP: Final = ("tcp",)
SMALL: Final = (16,)

# Every block of memory of that size comes fresh from the system and goes back to it, so that what
# is written to it is counted as page faults.
FRESH: Final = {"MALLOC_MMAP_THRESHOLD_": "65536"}

PATTERNS: Final = (
    Pattern("push-pull", "PUSH to PULL", ("pull", "push"), ALL),
    Pattern(
        "three-frame", "messages of three such frames", ("pull-frames", "push-frames"), AWAITED
    ),
    Pattern("typed-push-pull", "typed messages, PUSH to PULL", ("pull", "push"), TYPED_APART,
            TCP, SMALL),
    Pattern("req-rep", "REQ to REP and back", TRIP, AWAITED, metrics=LATENCY),
    Pattern(
        "pub-sub", "PUB to so many SUB", ("publish", "subscribe*"), BATCHED, numbers=(1, 8)
    ),
    Pattern("router-dealer", "ROUTER and back to 100 DEALER", ("route", "deal"), numbers=(100,)),
    Pattern("poller", "PUSH to a Poller over so many PULL", ("distribute", "poll"),
            numbers=(1, 10, 100)),
    Pattern("proxy", "PUSH to a proxy to PULL", ("proxy", "pull-proxied", "push"),
            (*BATCHED, "pyomq")),
    # In one process
    Pattern("alternate", "send and recv alternating, in one thread", ("alternate",),
            (*BATCHED, "zmqlite.capi", "pyomq"), INPROC),
    Pattern("alternate-frames", "the same with three such frames", ("alternate-frames",),
            (*BLOCKING, "pyomq"), INPROC),
    Pattern("threads", "two PUSH and two PULL in four threads",
            ("pull", "pull-back", "push", "push-back"), BATCHED, INPROC),
    Pattern("typed", "typed messages and the same by hand, as `alternate`",
            ("alternate",), TYPED, INPROC, SMALL),
    # How cost grows
    Pattern("peers", "ROUTER and back to so many DEALER", ("route", "deal"),
            transports=TCP, sizes=SMALL, numbers=(1, 10, 100, 500)),
    Pattern("poll", "a poll over so many sockets, of which one is ready", ("poll-ready",),
            transports=INPROC, sizes=SMALL, numbers=(1, 10, 100, 500)),
    Pattern("topics", "PUB to one SUB with so many topics", ("publish", "subscribe-topics"),
            transports=TCP, sizes=SMALL, numbers=(1, 100, 10_000, 100_000),
            metrics=("rate", "cpu", "subscribe")),
    # What things take
    Pattern("sockets", "sockets made and closed", ("make-sockets",),
            transports=INPROC, sizes=SMALL),
    Pattern("memory-socket", "memory of a socket", ("hold-sockets",),
            transports=INPROC, sizes=SMALL, count=500, metrics=("bytes",)),
    Pattern("memory-message", "memory of a queued message", ("hold-messages",),
            transports=INPROC, sizes=(16, 1024), count=100_000, metrics=("bytes",)),
    Pattern("memory-flow", "memory that ten million messages leave behind", ("flow",),
            ("zmqlite", "zmqlite batched", "zmqlite typed", "zmqlite typed, tagged", "zmqlite.capi",
             "pyzmq"), INPROC, SMALL, count=10_000_000, metrics=("grown",)),
    Pattern("memory-flow-frames", "the same with messages of three frames", ("flow-frames",),
            ("zmqlite",), INPROC, SMALL, count=10_000_000, metrics=("grown",)),
    Pattern("copies", "bytes written to fresh memory for a byte sent and received",
            ("pull", "push"), ("C", "zmqlite", "pyzmq"), sizes=(1 << 20,),
            count=300, metrics=("copied",), environment=FRESH),
    Pattern("import", "import in a fresh process", (), IMPORTED, INPROC, SMALL,
            metrics=("import",)),
)  # fmt: skip

CELLS: Final = {
    cell.name: cell
    for pattern in PATTERNS
    for number in pattern.numbers
    for transport in pattern.transports
    for size in pattern.sizes
    for cell in [Cell(pattern, number, transport, size)]
}

QUICK: Final = (
    "push-pull/tcp/16",
    "push-pull/ipc/16",
    "push-pull/tcp/1048576",
    "three-frame/tcp/16",
    "req-rep/tcp/16",
    "typed",
    "import",
)
