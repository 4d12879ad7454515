"""What the processes of a soak know in common: a file in memory, which no kill -9 takes away."""

from __future__ import annotations

import mmap
import struct
import zlib
from pathlib import Path

HEAD = struct.Struct("<IIII")  # lane, incarnation of the sender, number, checksum
POOL = bytes(range(251)) * 300
LONG = 70_000  # bytes: these are lent to libzmq
EVERY = 256  # one message in so many is long
INCARNATIONS = 4096
GOING, PAUSED, ENDING, OVER = range(
    4
)  # phases: nothing is sent from PAUSED on, or received in OVER


class Record:
    """Numbers of 64 bits in a file that several processes have in memory.

    Each number has one writer. The first is the phase.
    """

    def __init__(self, path: Path, lanes: int) -> None:
        size = 8 * (1 + lanes * (Sent.SIZE + 2 * Seen.SIZE))
        with path.open("a+b") as file:
            file.truncate(size)
            self.numbers = memoryview(mmap.mmap(file.fileno(), size)).cast("Q")

    @property
    def phase(self) -> int:
        return self.numbers[0]

    @phase.setter
    def phase(self, phase: int) -> None:
        self.numbers[0] = phase

    def lane(self, index: int) -> tuple[Sent, Seen, Seen]:
        """What was sent, what the other side has seen of it, and the sender of the replies."""
        start = 1 + index * (Sent.SIZE + 2 * Seen.SIZE)
        middle = start + Sent.SIZE
        last = middle + Seen.SIZE
        return (
            Sent(index, self.numbers[start:middle]),
            Seen(index, self.numbers[middle:last]),
            Seen(index, self.numbers[last : last + Seen.SIZE]),
        )


class Sent:
    """How many messages each incarnation of a sender has sent, after how many it begins anew."""

    SIZE = 1 + INCARNATIONS

    def __init__(self, lane: int, numbers: memoryview[int]) -> None:
        self.lane = lane
        self.numbers = numbers

    def begin(self) -> None:
        """Begin a new incarnation, whose numbers begin at 0: for a new process or connection."""
        self.numbers[0] += 1

    def add(self, count: int) -> None:
        self.numbers[1 + self.numbers[0]] += count

    def next(self, count: int, parts: int) -> list[list[bytes]]:
        """The next messages, of one or two frames; not sent yet."""
        first = self.numbers[1 + self.numbers[0]]
        return [self._message(number, parts) for number in range(first, first + count)]

    def _message(self, number: int, parts: int) -> list[bytes]:
        start = number % 251
        body = POOL[start : start + (number % 97 if (number + 1) % EVERY else LONG)]
        head = HEAD.pack(self.lane, self.numbers[0], number, zlib.crc32(body, number))
        return [head + body] if parts == 1 else [head, body]


class Seen:
    """What came of a lane: each number at most once, in order within an incarnation."""

    SIZE = 4 + INCARNATIONS

    def __init__(self, lane: int, numbers: memoryview[int]) -> None:
        self.lane = lane
        self.numbers = numbers

    received = property(lambda self: self.numbers[0])
    doubled = property(lambda self: self.numbers[1])
    torn = property(lambda self: self.numbers[2])

    def note(self, frames: list[bytes]) -> None:
        """Look at one message."""
        data = b"".join(frames[-2:])
        if len(data) < HEAD.size:
            self.numbers[2] += 1
            return
        lane, incarnation, number, checksum = HEAD.unpack_from(data)
        if lane != self.lane or checksum != zlib.crc32(data[HEAD.size :], number):
            self.numbers[2] += 1
            return
        following = self.numbers[4 + incarnation]
        if number < following:
            self.numbers[1] += 1
            return
        self.numbers[0] += 1
        if following or not number:
            self.numbers[3] += number - following  # the gap
        elif number:
            self.numbers[3] += number << 32  # came before the first one that was seen
        self.numbers[4 + incarnation] = number + 1

    def lost(self, sent: Sent, late: bool) -> int:
        """How many did not come; `late`: those before the first of an incarnation do not count."""
        gaps, before = self.numbers[3] & 0xFFFFFFFF, self.numbers[3] >> 32
        for incarnation in range(INCARNATIONS):
            following = self.numbers[4 + incarnation]
            if following or not late:
                gaps += max(0, sent.numbers[1 + incarnation] - following)
        return gaps if late else gaps + before
