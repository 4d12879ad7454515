"""Clone's pairs of key and value, in their full form: what models 5 and 6 send and store.

    [key][sequence number][uuid][properties][body]

To what kvsimple says come a UUID of 16 bytes, or none, by which an update is known again, and
properties, each as `name=value` and a newline. An empty body deletes the key.
"""

import dataclasses
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from .kvsimple import MAX_SIZE, KVSimple, decode_sequence

MAX_TTL: Final = 2**63 - 1
"""What a time of 64 bits can be at most."""


@dataclass(frozen=True)
class KVMsg(KVSimple):
    """One pair, the number of the update that made it what it is, and what else is known of it."""

    uuid: bytes = b""
    properties: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def new(cls, key: bytes, body: bytes, ttl: int = 0) -> Self:
        """Return what a client sends: with a new UUID, to live `ttl` seconds (0: for ever)."""
        return cls(key, body, uuid=uuid.uuid4().bytes, properties={"ttl": str(ttl)})

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.uuid) not in (0, 16):
            raise ValueError(f"a UUID has 16 bytes, not {len(self.uuid)}")
        for name, value in self.properties.items():
            if not name or set(name) & set("=\n"):
                raise ValueError(f"{name!r} cannot be the name of a property")
            if "\n" in value or len(value.encode()) > MAX_SIZE:
                raise ValueError(f"{value!r} cannot be the value of a property")
        ttl = self.get("ttl") or "0"
        if not (ttl.isascii() and ttl.isdigit() and int(ttl) <= MAX_TTL):
            raise ValueError(f"{ttl!r} cannot be the value of the property ttl")

    def encode(self) -> list[bytes]:
        """Return the frames of the message."""
        properties = "".join(f"{name}={value}\n" for name, value in self.properties.items())
        key, sequence, body = super().encode()
        return [key, sequence, self.uuid, properties.encode(), body]

    @classmethod
    def decode(cls, frames: Sequence[bytes]) -> Self:
        """Return the pair that a message holds.

        Raises:
            ValueError: it holds none.
        """
        if len(frames) != 5:
            raise ValueError(f"a pair has 5 frames, not {len(frames)}")
        key, sequence, uuid, properties, body = frames
        return cls(key, body, decode_sequence(sequence), uuid, _decode_properties(properties))

    def get(self, name: str) -> str:
        """Return the value of a property; one that is not there is empty."""
        return self.properties.get(name, "")

    def having(self, name: str, value: str) -> Self:
        """Return the same with a property, in place of the one of that name."""
        others = {key: old for key, old in self.properties.items() if key != name}
        return dataclasses.replace(self, properties={**others, name: value})

    @property
    def ttl(self) -> int:
        """The seconds to live, or in a table the end of life in ms since the epoch; 0: for ever."""
        return int(self.get("ttl") or 0)

    def lasting(self) -> Self:
        """Return an update as it is kept in a server's table, with the end of its life."""
        if not self.ttl:
            return self
        return self.having("ttl", str(min(now() + self.ttl * 1000, MAX_TTL)))

    def store(self, pairs: dict[bytes, Self]) -> None:
        """Put it where it belongs in a table, or take out what was there if the body is empty."""
        if self.body:
            pairs[self.key] = self
        else:
            pairs.pop(self.key, None)

    def __str__(self) -> str:
        properties = ";".join(f"{name}={value}" for name, value in self.properties.items())
        head, _, body = super().__str__().partition("] ")
        return f"{head}] [{properties}]{body}" if properties else f"{head}] {body}"


def _decode_properties(frame: bytes) -> dict[str, str]:
    properties: dict[str, str] = {}
    *lines, rest = frame.decode().split("\n")
    if rest:
        raise ValueError(f"the property {rest!r} has no end")
    for line in lines:
        name, sign, value = line.partition("=")
        if not sign:
            raise ValueError(f"{line!r} is no property")
        properties.pop(name, None)
        properties[name] = value
    return properties


def now() -> int:
    """Return the time of day that is the same on all machines, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
