"""Variables of C: what a port passes where the C program passes the address of a variable.

A number or a text is a bytearray of the size that C gives it, so functions take it as a buffer.
"""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING, ClassVar

from .._zmq import ffi
from ..errors import failure
from ._handles import void_p

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["c_char_buffer", "c_int", "c_int64", "c_pointer", "c_size_t", "c_uint64", "sizeof"]


class _Number(bytearray):
    """An integer variable of C. `value` reads and sets it; it is false if that is 0."""

    size: ClassVar[int]
    signed: ClassVar[bool]

    def __init__(self, value: int = 0) -> None:
        super().__init__(self.size)
        self.value = value

    @property
    def value(self) -> int:
        """The number."""
        return int.from_bytes(self, sys.byteorder, signed=self.signed)

    @value.setter
    def value(self, value: int) -> None:
        try:
            self[:] = value.to_bytes(self.size, sys.byteorder, signed=self.signed)
        except OverflowError:
            raise ValueError(f"{value} does not fit into {type(self).__name__}") from None

    def __bool__(self) -> bool:
        return self.value != 0

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"

    def __str__(self) -> str:
        return str(self.value)


class c_int(_Number):
    """`int x = value;` and, as an argument, `&x`."""

    size = 4
    signed = True


class c_int64(_Number):
    """`int64_t x = value;` and, as an argument, `&x`: for ZMQ_MAXMSGSIZE."""

    size = 8
    signed = True


class c_uint64(_Number):
    """`uint64_t x = value;` and, as an argument, `&x`: for ZMQ_AFFINITY."""

    size = 8
    signed = False


class c_size_t(_Number):
    """`size_t x = value;` and, as an argument, `&x`."""

    size: ClassVar[int] = ffi.sizeof("size_t")
    signed = False


class c_char_buffer(bytearray):
    """`char x[size];`, filled with zeros. `value` is the text in it, without the NUL at its end."""

    def __init__(self, size: int) -> None:
        super().__init__(size)

    @property
    def value(self) -> bytes:
        """The text up to the first NUL, or all of it if there is none."""
        return bytes(self.partition(b"\0")[0])

    def __repr__(self) -> str:
        return f"<c_char_buffer of {len(self)} bytes>"

    __str__ = __repr__


class c_pointer:
    """`void *x = handle;` and, as an argument, `&x`: a destroying function sets it to None."""

    __slots__ = ("value",)

    def __init__(self, value: void_p = None) -> None:
        self.value: void_p = value

    def __repr__(self) -> str:
        return f"c_pointer({self.value!r})"


def pointer_of(variable: c_pointer | None) -> c_pointer:
    """Check what stands for `void **`; refuse None, C's NULL."""
    if variable is None:
        raise failure(errno.EFAULT, "c_pointer")
    if not isinstance(variable, c_pointer):
        raise TypeError(f"a c_pointer or None stands here, not {type(variable).__name__}")
    return variable


def sizeof(variable: Buffer | type[_Number]) -> int:
    """Return the size of a variable, a buffer or one of the number types, in bytes."""
    if isinstance(variable, type):
        return variable.size
    return memoryview(variable).nbytes
