"""What the processes of a measurement have in common: numbered messages, and what is noted of them.

A system has four coroutines: `echo` answers requests, `ask` times them, `produce` sends numbered
messages, `consume` notes them. All of them call `ready` once they are connected.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

SIZE: Final = 200
"""Bytes of a message."""

IDLE: Final = 5.0
"""Seconds without a message after which a consumer ends, while it does not have the last one."""


def payload(number: int) -> bytes:
    """Make the message of a number."""
    return struct.pack("!q", number).ljust(SIZE, b".")


def number_of(message: bytes) -> int:
    """Read the number of a message."""
    number: int = struct.unpack_from("!q", message)[0]
    return number


def ready(*, wait: bool) -> None:
    """Say that this process is connected; wait for the word to start if it has one to wait for."""
    tell({"ready": True})
    if wait:
        sys.stdin.readline()


def tell(answer: dict[str, Any]) -> None:
    """Answer with one line."""
    print(json.dumps(answer), flush=True)


@dataclass
class Tally:
    """What a consumer has received."""

    last: int
    """The number of the last message."""
    idle: float
    seen: set[int] = field(default_factory=set)
    doubled: int = 0
    first_at: float = 0.0
    last_at: float = field(default_factory=time.perf_counter)
    """When the last message came; at first, when the consumer was made."""
    gap: float = 0.0
    """The longest time between two messages, in seconds."""

    def note(self, message: bytes) -> None:
        """Note a message."""
        now, number = time.perf_counter(), number_of(message)
        self.gap = max(self.gap, now - self.last_at if self.seen else 0.0)
        self.first_at, self.last_at = self.first_at or now, now
        self.doubled += number in self.seen
        self.seen.add(number)

    @property
    def over(self) -> bool:
        """Whether the last message is there, or nothing has come for long."""
        return self.last in self.seen or time.perf_counter() - self.last_at > self.idle

    def result(self) -> dict[str, Any]:
        """Say what came."""
        seconds = self.last_at - self.first_at
        rate = (len(self.seen) - 1) / seconds if seconds else 0.0
        received = len(self.seen)
        return {"received": received, "doubled": self.doubled, "gap": self.gap, "rate": rate}


async def numbers(count: int, pace: float) -> AsyncIterator[int]:
    """Count, with `pace` seconds in between."""
    for number in range(count):
        yield number
        if pace:
            await asyncio.sleep(pace)


class System(Protocol):
    """What is compared."""

    async def echo(self, address: str) -> None:
        """Answer each request with its payload, until the process is killed."""

    async def ask(self, address: str, count: int) -> list[float]:
        """Send requests one after the other; return what each took, in microseconds."""

    async def produce(self, address: str, count: int, pace: float) -> int:
        """Send numbered messages, and again what failed; return how many sends failed."""

    async def consume(self, address: str, tally: Tally) -> None:
        """Receive until the tally is over, connecting again where the connection is lost."""
