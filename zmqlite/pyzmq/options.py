"""Options of sockets by number, with pyzmq's types."""

from __future__ import annotations

import errno
import operator
import struct

from .._zmq import ffi, lib
from ..socket_options import SocketOptions
from .constants import SocketOption, _OptType
from .error import ZMQError, translating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from .core import PlainSocket

_TEXT_SIZES: Final = (256, 4096, 65536)
_NUMBER: Final = {_OptType.int: "=i", _OptType.int64: "=q", _OptType.fd: "=i"}


def kind_of(option: int) -> _OptType:
    """Return what libzmq takes for an option; a number that has no name is an int."""
    try:
        return SocketOption(option)._opt_type
    except ValueError:
        return _OptType.int


def get_option(core: PlainSocket, option: int) -> int | bytes:
    """Read an option: bytes without a NUL at the end, but for ROUTING_ID, or an int."""
    kind = kind_of(option)
    sizes = _TEXT_SIZES if kind is _OptType.bytes else (struct.calcsize(_NUMBER[kind]),)
    value: int | bytes = -errno.EINVAL
    for size in sizes:
        value = core._handle.getsockopt(option, size)
        if value != -errno.EINVAL:
            break
    if isinstance(value, int):
        raise ZMQError(-value)
    if kind is _OptType.bytes:
        return value if option == SocketOption.ROUTING_ID else value.removesuffix(b"\0")
    number: int = struct.unpack(_NUMBER[kind], value)[0]
    return number


def set_option(core: PlainSocket, option: int, value: int | bytes | None) -> None:
    """Change an option.

    Raises:
        TypeError: not an int, or not bytes, as the option is.
        ZMQError: libzmq refuses it.
    """
    kind = kind_of(option)
    if kind is not _OptType.bytes:
        encoded: bytes | None = struct.pack(_NUMBER[kind], operator.index(value))  # type: ignore[arg-type]
    elif value is None or isinstance(value, bytes):
        encoded = value
    else:
        raise TypeError(f"option {option} takes bytes, not {type(value).__name__}")
    if option == SocketOption.CONNECT_ROUTING_ID and encoded is not None:
        with translating():
            core.set(SocketOptions.connect_routing_id, encoded)  # libzmq aborts on a second one
        return
    data, size = (ffi.NULL, 0) if encoded is None else (encoded, len(encoded))
    code = lib.zl_setsockopt(core._pointer, option, data, size)
    if code < 0:
        raise ZMQError(-code)
