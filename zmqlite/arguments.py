"""From what a user passes to what C takes: each rule about arguments, once."""

from __future__ import annotations

import errno
import operator
import os
from typing import TYPE_CHECKING

from .errors import failure

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc has it from Python 3.12

INT_MAX = 2**31 - 1
PORT_MAX = 2**16 - 1
IPC_PATH_MAX = 107  # sizeof sun_path on Linux, less one


def milliseconds(value: int | None, name: str = "timeout") -> int:
    """Return a duration for C: whole milliseconds, -1 (or None) for ever."""
    if value is None:
        return -1
    if isinstance(value, bool | float):
        raise TypeError(
            f"{name} is an int, in milliseconds, not {type(value).__name__}; "
            "1.5 seconds are 1500, None is for ever"
        )
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} is an int, in milliseconds, or None, not {type(value).__name__}"
        ) from None
    if not -1 <= value <= INT_MAX:
        raise ValueError(f"{name} is -1 (for ever) to {INT_MAX} milliseconds, not {value}")
    return value


def text(value: str, name: str) -> bytes:
    """Return a text for C without its terminating NUL, in the encoding of file names."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    if "\0" in value:
        raise ValueError(f"{name} contains a NUL character: {value!r}")
    return os.fsencode(value)


def endpoint(value: str) -> bytes:
    """Return an endpoint for C, refused where libzmq would misread it instead of failing."""
    encoded = text(value, "endpoint")
    transport, separator, address = value.partition("://")
    if not (transport and separator and address):
        raise ValueError(f"an endpoint is transport://address, as in tcp://*:5555, not {value!r}")
    if transport in ("tcp", "udp", "ws", "wss"):
        _check_ports(address, value)
    elif transport == "ipc" and len(os.fsencode(address)) > IPC_PATH_MAX:
        raise failure(errno.ENAMETOOLONG, "endpoint", value)
    return encoded


def _check_ports(address: str, whole: str) -> None:
    """Refuse a port that libzmq would take modulo 65536; leave other mistakes to libzmq."""
    for part in address.partition("/")[0].split(";"):  # tcp://source:port;host:port, ws://…/path
        _, colon, port = part.rpartition("]")[2].rpartition(":")
        if not colon or port == "*":
            continue
        digits = port.isascii() and port.isdigit() and len(port) <= len(str(PORT_MAX))
        if not digits or int(port) > PORT_MAX:
            raise ValueError(f"a port is 0 to {PORT_MAX} or *, not {port!r} as in {whole!r}")


def payload(data: Buffer) -> bytes | memoryview:
    """Return the content of one frame as flat bytes, without a copy wherever possible.

    A view keeps the buffer exported (a bytearray cannot be resized) for as long as it lives. A
    buffer with gaps, or with items that memoryview cannot recast, is copied.
    """
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        raise TypeError("send() takes bytes, not str; encode it, or use send_string()")
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(
            f"send() takes bytes or another buffer, not {type(data).__name__}"
        ) from None
    try:
        return view.cast("B")
    except TypeError:
        return view.tobytes()
