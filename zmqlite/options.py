"""The classes of options, one for each C type.

`encode` turns a value into the bytes for libzmq, and `decode` turns them back. `encode` refuses
values that libzmq would refuse without a reason, or would accept and misread. The tables of options
are in socket_options and context_options.
"""

from __future__ import annotations

import os
import sys
from abc import abstractmethod
from enum import IntEnum, IntFlag

from .arguments import INT_MAX, curve_key, flat, integer, milliseconds, text
from .option import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, TypeVar, Unpack

    from .arguments import Buffer
    from .option import Facts

    Got = TypeVar("Got")
    Given = TypeVar("Given")
    E = TypeVar("E", bound=IntEnum | IntFlag)
else:
    Got = Given = E = None


class Number(Option[Got, Given]):
    """An option that is one integer in C; the options of a context all are."""

    signed: bool = True

    @abstractmethod
    def to_int(self, value: Given) -> int:
        """Return the C integer of a value."""

    @abstractmethod
    def from_int(self, number: int) -> Got:
        """Return the value of a C integer."""

    def encode(self, value: Given) -> bytes | None:
        return self.to_int(value).to_bytes(self.sizes[0], sys.byteorder, signed=self.signed)

    def decode(self, raw: bytes) -> Got:
        return self.from_int(int.from_bytes(raw, sys.byteorder, signed=self.signed))


class Ranged(Number[int, Given]):
    """An integer within the range that libzmq accepts."""

    low: int = 0
    high: int = INT_MAX

    def __init__(
        self,
        number: int,
        default: int | None = None,
        *,
        low: int | None = None,
        high: int | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(number, default, **facts)
        if low is not None:
            self.low = low
        if high is not None:
            self.high = high

    def from_int(self, number: int) -> int:
        return number

    def values(self) -> str:
        unlimited = self.high == 2 ** (8 * self.sizes[0] - self.signed) - 1
        return f"{self.low} or more" if unlimited else f"{self.low} to {self.high}"


class Int(Ranged[int]):
    """A C int."""

    def to_int(self, value: int) -> int:
        return integer(value, self.name, self.low, self.high)


class Int64(Int):
    """A C int64_t."""

    sizes: tuple[int, ...] = (8,)
    high: int = 2**63 - 1


class UInt64(Int):
    """A C uint64_t."""

    sizes: tuple[int, ...] = (8,)
    signed: bool = False
    high: int = 2**64 - 1


class Fd(Int):
    """A file descriptor."""


class Milliseconds(Ranged[int | None]):
    """A duration in whole milliseconds; -1 (or None) is for ever, where that is in range."""

    def to_int(self, value: int | None) -> int:
        return integer(milliseconds(value, self.name), self.name, self.low, self.high)

    def values(self) -> str:
        return f"{super().values()}, in milliseconds"


class Bool(Number[bool, bool]):
    """True or False; 1 and 0 are accepted, too."""

    def to_int(self, value: bool) -> int:
        if not isinstance(value, int):
            raise TypeError(f"{self.name} is a bool, not {type(value).__name__}")
        return integer(int(value), self.name, 0, 1)

    def from_int(self, number: int) -> bool:
        return number != 0


class EnumInt(Number[E, E]):
    """An integer whose values are the members of an enum."""

    def __init__(
        self, number: int, default: E | None = None, *, kind: type[E], **facts: Unpack[Facts]
    ) -> None:
        super().__init__(number, default, **facts)
        self.kind: Final[type[E]] = kind

    def to_int(self, value: E) -> int:
        return self.kind(integer(value, self.name, 0, INT_MAX))

    def from_int(self, number: int) -> E:
        return self.kind(number)

    def values(self) -> str:
        return ", ".join(str(member.name) for member in self.kind)


class Filter(Option[int, int | None]):
    """The number of a process, user or group to accept; several add up, None clears them."""

    def __init__(self, number: int, *, high: int = 2**32 - 1, **facts: Unpack[Facts]) -> None:
        super().__init__(number, **facts)
        self.high: Final[int] = high

    def encode(self, value: int | None) -> bytes | None:
        if value is None:
            return None
        return integer(value, self.name, 0, self.high).to_bytes(4, sys.byteorder)

    def decode(self, raw: bytes) -> int:
        return int.from_bytes(raw, sys.byteorder)

    def values(self) -> str:
        return f"0 to {self.high}, None clears"


class Text(Option[str, str | None]):
    """A text. libzmq expects it without a NUL at the end, and returns it with one."""

    sizes: tuple[int, ...] = (256, 4096, 65536, 2**20)

    def __init__(
        self,
        number: int,
        default: str | None = None,
        *,
        longest: int = 255,
        clears: bool = False,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(number, default, **facts)
        self.longest: Final[int] = longest
        self.clears: Final[bool] = clears

    def encode(self, value: str | None) -> bytes | None:
        if value is None:
            if self.clears:
                return None
            raise TypeError(f"{self.name} is a str and cannot be cleared again")
        encoded = text(value, self.name)
        if not 1 <= len(encoded) <= self.longest:
            raise ValueError(f"{self.name} is {self.values()}, not {len(encoded)}")
        return encoded

    def decode(self, raw: bytes) -> str:
        return os.fsdecode(raw.removesuffix(b"\0"))

    def values(self) -> str:
        return f"1 to {self.longest} bytes" + (", None clears" if self.clears else "")


class Binary(Option[bytes, "Buffer"]):
    """Bytes of any content."""

    sizes: tuple[int, ...] = (256,)

    shortest: int = 0
    longest: int = INT_MAX

    def __init__(
        self,
        number: int,
        default: bytes | None = None,
        *,
        longest: int | None = None,
        **facts: Unpack[Facts],
    ) -> None:
        super().__init__(number, default, **facts)
        if longest is not None:
            self.longest = longest

    def encode(self, value: Buffer) -> bytes:
        encoded = value if type(value) is bytes else bytes(flat(value, self.name))
        if not self.shortest <= len(encoded) <= self.longest:
            raise ValueError(f"{self.name} is {self.values()}, not {len(encoded)}")
        return encoded

    def decode(self, raw: bytes) -> bytes:
        return raw

    def values(self) -> str:
        limit = f" to {self.longest}" if self.longest < INT_MAX else " or more"
        return f"{self.shortest}{limit} bytes"


class Topic(Option[bytes, "Buffer | str"]):
    """What the messages of a subscription begin with; a str is taken as UTF-8."""

    def encode(self, value: Buffer | str) -> bytes:
        if type(value) is bytes:
            return value
        return bytes(flat(value.encode() if isinstance(value, str) else value, self.name))

    def decode(self, raw: bytes) -> bytes:
        return raw


class RoutingId(Binary):
    """The name of a peer. Names that libzmq makes up itself start with NUL."""

    shortest: int = 1
    longest: int = 255

    def encode(self, value: Buffer) -> bytes:
        encoded = super().encode(value)
        if encoded.startswith(b"\0"):
            raise ValueError(f"{self.name} must not start with NUL, as names that libzmq makes do")
        return encoded


class Key(Option[bytes, bytes]):
    """A CURVE key as 40 bytes of Z85. Not as 32 raw bytes: libzmq takes any text of that length."""

    sizes: tuple[int, ...] = (41,)

    def encode(self, value: bytes) -> bytes | None:
        return curve_key(value, self.name)

    def decode(self, raw: bytes) -> bytes:
        return raw.removesuffix(b"\0")

    def values(self) -> str:
        return "40 bytes of Z85"


class Unlisted(Option["int | bytes", "int | bytes"]):
    """An option that has no row: four bytes are read as a C int, others as bytes."""

    sizes: tuple[int, ...] = (4, 8, 256, 4096, 65536)

    def encode(self, value: int | bytes) -> bytes | None:
        if isinstance(value, bytes):
            return value
        return integer(value, self.name, -INT_MAX - 1, INT_MAX).to_bytes(
            4, sys.byteorder, signed=True
        )

    def decode(self, raw: bytes) -> int | bytes:
        return int.from_bytes(raw, sys.byteorder, signed=True) if len(raw) == 4 else raw
