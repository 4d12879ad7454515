"""Clone's pairs of key and value, in their simple form: what models 1 to 4 send and store.

    [key][sequence number][body]

The key has at most 255 bytes. The sequence number has 8, signed and in network order; the server
gives it, so it is 0 in what a client sends.
"""

import dataclasses
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

MAX_SIZE: Final = 255
"""Bytes that a key may have, and the value of a property."""


@dataclass(frozen=True)
class KVSimple:
    """One pair, and the number of the update that made it what it is."""

    key: bytes
    body: bytes = b""
    sequence: int = 0

    def __post_init__(self) -> None:
        if len(self.key) > MAX_SIZE:
            raise ValueError(f"a key has at most {MAX_SIZE} bytes, not {len(self.key)}")

    def encode(self) -> list[bytes]:
        """Return the frames of the message."""
        return [self.key, self.sequence.to_bytes(8, signed=True), self.body]

    @classmethod
    def decode(cls, frames: Sequence[bytes]) -> Self:
        """Return the pair that a message holds.

        Raises:
            ValueError: it holds none.
        """
        if len(frames) != 3:
            raise ValueError(f"a pair has 3 frames, not {len(frames)}")
        key, sequence, body = frames
        return cls(key, body, decode_sequence(sequence))

    def numbered(self, sequence: int) -> Self:
        """Return the same with another sequence number."""
        return dataclasses.replace(self, sequence=sequence)

    def store(self, pairs: dict[bytes, Self]) -> None:
        """Put it where it belongs in a table, in place of what was there."""
        pairs[self.key] = self

    def __str__(self) -> str:
        key = self.key.decode(errors="replace")
        return f"[seq:{self.sequence}][key:{key}][size:{len(self.body)}] {self.body.hex().upper()}"


def decode_sequence(frame: bytes) -> int:
    """Return the number that a frame holds; ValueError if it has not 8 bytes."""
    if len(frame) != 8:
        raise ValueError(f"a sequence number has 8 bytes, not {len(frame)}")
    return int.from_bytes(frame, signed=True)


def random_pairs(keys: int, prefix: bytes = b"", count: int = 0) -> Iterator[KVSimple]:
    """Yield `count` pairs (0: no end of them) whose keys are a prefix and a number below `keys`."""
    for _ in range(count) if count else itertools.repeat(None):
        key, body = random.randrange(keys), random.randrange(1_000_000)
        yield KVSimple(prefix + b"%d" % key, b"%d" % body)
