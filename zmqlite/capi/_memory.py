"""Turn Python's buffers and texts into pointers for C, and check their sizes, which C cannot."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, TypeAlias

from .._direct import Frame
from .._zmq import ffi
from ..arguments import flat
from ..errors import failure

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .._zmq import CData

Memory: TypeAlias = "Buffer | CData | None"
"""C's `void *` to data: a buffer, a cffi array or pointer, None for NULL."""

Text: TypeAlias = "str | Buffer | CData | None"
"""C's `const char *`: a str (in the encoding of file names), bytes up to a NUL, None for NULL."""

_CDATA = type(ffi.NULL)


def text(value: Text, name: str) -> bytes | None:
    """Return a text for C, up to the first NUL; None for NULL."""
    if value is None:
        return None
    if isinstance(value, str):
        encoded = os.fsencode(value)
    elif isinstance(value, _CDATA):
        return ffi.string(value) if value else None
    else:
        encoded = bytes(flat(value, name))
    return encoded.partition(b"\0")[0]


def required(value: Text, name: str, code: int) -> bytes:
    """Return a text for C; refuse NULL with `code`."""
    encoded = text(value, name)
    if encoded is None:
        raise failure(code, name)
    return encoded


def number_of(ctype: str, value: int) -> int:
    """Return an argument as C's number; refuse it as cffi does if it is none, or out of range."""
    number: int = ffi.new(f"{ctype}[1]", [value])[0]  # not None either
    return number


def source(data: Memory, size: int, name: str) -> CData:
    """Return memory for C to read `size` bytes from; refuse less than that."""
    if isinstance(data, str):
        raise TypeError(f"{name} takes bytes or another buffer, not str: encode it")
    if data is None or isinstance(data, _CDATA):
        return _foreign(data, size, name)
    return _bounded(ffi.from_buffer("char[]", flat(data, name)), size, name)


def target(data: Memory, size: int, name: str) -> CData:
    """Return memory for C to write `size` bytes to; refuse less than that."""
    if data is None or isinstance(data, _CDATA):
        return _foreign(data, size, name)
    try:
        memory = ffi.from_buffer("char[]", data, require_writable=True)
    except (BufferError, TypeError):
        kind = type(data).__name__
        raise TypeError(f"{name} takes a writable buffer without gaps, not this {kind}") from None
    return _bounded(memory, size, name)


def _bounded(memory: CData, size: int, name: str) -> CData:
    if size > len(memory):
        raise failure(errno.EFAULT, name)
    return memory


def _foreign(data: CData | None, size: int, name: str) -> CData:
    """Return memory that cffi allocated. The size of what a pointer points to cannot be checked."""
    if data is None:
        known = 0
        data = ffi.NULL
    else:
        kind = ffi.typeof(data).kind
        if kind not in ("array", "pointer"):
            raise TypeError(f"{name} takes a cffi array or pointer, not this {kind}")
        known = ffi.sizeof(data) if kind == "array" else sys.maxsize if data else 0
    if size > known:
        raise failure(errno.EFAULT, name)
    return data


def immutable(data: Memory) -> bool:
    """Tell whether memory belongs to an immutable Python object."""
    return data is not None and not isinstance(data, _CDATA) and memoryview(data).readonly


def view_of(memory: CData, size: int) -> Buffer:
    """Return the first `size` bytes of what `source` or `target` returned, to be kept meanwhile."""
    return ffi.buffer(ffi.cast("char *", memory), size) if size else bytearray()


_constants: dict[int, tuple[CData, int]] = {}

# libzmq may read them until the process ends, longer than Python keeps its modules. The class lives
# as long, because the C code has a reference to it.
Frame._constants = _constants


def constant(data: Memory, size: int, name: str) -> CData:
    """Return memory for C to read `size` bytes from, which is never freed from now on."""
    memory = source(data, size, name)
    address = int(ffi.cast("uintptr_t", memory))
    known = _constants.get(address)
    if known is None or known[1] < size:
        _constants[address] = memory, size
    return memory
