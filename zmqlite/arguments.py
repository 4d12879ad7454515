"""Checks of arguments: each returns the value for C, or raises an error that names the argument."""

from __future__ import annotations

import errno
import operator
import os

from .errors import failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing_extensions import Buffer as Buffer  # collections.abc has it from Python 3.12

INT_MAX = 2**31 - 1
PORT_MAX = 2**16 - 1
IPC_PATH_MAX = 107  # sizeof sun_path on Linux, less one
KEY_LENGTH = 40
RAW_KEY_LENGTH = 32


def integer(value: int, name: str, low: int, high: int) -> int:
    """Return a whole number within libzmq's range; neither bool nor float is one."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is an int, not {type(value).__name__}")
    number = operator.index(value)
    if not low <= number <= high:
        raise ValueError(f"{name} is {low} to {high}, not {number}")
    return number


def check_flags(flags: int, allowed: int) -> int:
    """Return the flags of a send or receive for C."""
    if not isinstance(flags, int):
        raise TypeError(f"flags are DONTWAIT and SNDMORE, not {type(flags).__name__}")
    if flags & ~allowed:
        raise ValueError(f"unknown flags {flags & ~allowed:#x}; a timeout is given as timeout=")
    return int(flags)


def milliseconds(value: int | None, name: str = "timeout") -> int:
    """Return a duration for C: whole milliseconds, -1 (or None) for ever."""
    if value is None:
        return -1
    if type(value) is int and -1 <= value <= INT_MAX:
        return value
    if isinstance(value, bool | float):
        raise TypeError(f"{name} is an int in milliseconds, not {value!r}: write 1500 for 1.5 s")
    return integer(value, name, -1, INT_MAX)


def text(value: str, name: str) -> bytes:
    """Return a text for C without its terminating NUL, in the encoding of file names."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is a str, not {type(value).__name__}")
    # The value may be a password: no error may show it or, as a UnicodeError does, contain it.
    if "\0" in value:
        raise ValueError(f"{name} contains a NUL character")
    try:
        return os.fsencode(value)
    except UnicodeEncodeError as error:
        position = error.start
    raise ValueError(f"character {position} of {name} is a lone surrogate, which has no encoding")


def endpoint(value: str) -> bytes:
    """Return an endpoint for C; refuse one that libzmq would misread instead of refusing it."""
    encoded = text(value, "endpoint")
    transport, separator, address = value.partition("://")
    if not (transport and separator and address):
        raise ValueError(f"an endpoint is transport://address, as in tcp://*:5555, not {value!r}")
    if transport in ("tcp", "udp", "ws", "wss", "norm"):
        _check_ports(address, value)
        if transport == "norm" and ":" not in address.rpartition(";")[2]:  # libzmq aborts on it
            raise ValueError(f"a norm endpoint ends with address:port, not {value!r}")
    elif transport == "ipc" and len(os.fsencode(address)) > IPC_PATH_MAX:
        raise failure(errno.ENAMETOOLONG, "", value)
    return encoded


def _check_ports(address: str, whole: str) -> None:
    """Refuse a port above 65535, which libzmq would take modulo 65536, or one that is no number."""
    for part in address.partition("/")[0].split(";"):  # tcp://source:port;host:port, ws://…/path
        _, colon, port = part.rpartition("]")[2].rpartition(":")
        if not colon or port == "*":
            continue
        digits = port.isascii() and port.isdigit() and len(port) <= len(str(PORT_MAX))
        if not digits or int(port) > PORT_MAX:
            raise ValueError(f"a port is 0 to {PORT_MAX} or *, not {port!r} as in {whole!r}")


def flat(data: Buffer, name: str) -> bytes | memoryview:
    """Return a buffer as flat bytes, without a copy wherever possible.

    A view keeps the buffer exported (a bytearray cannot be resized) for as long as it lives. A
    buffer with gaps, or with items that memoryview cannot recast, is copied.
    """
    if isinstance(data, bytes):
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"{name} takes bytes or another buffer, {_instead(data)}") from None
    try:
        return view.cast("B")
    except TypeError:
        return view.tobytes()


def _instead(data: object) -> str:
    """Name a type that is no buffer, and what to do with it."""
    advice = ""
    if isinstance(data, str):
        advice = ": encode it, as in text.encode()"
    elif isinstance(data, dict):
        advice = ": encode it, as with json.dumps(value).encode(), or send typed messages, see "
        advice += "zmqlite.proto"
    elif isinstance(data, list | tuple):
        advice = ": send_multipart() takes a list of frames, send_many() several messages"
    elif hasattr(data, "SerializeToString"):
        advice = ": zmqlite.proto.TypedSocket sends protobuf messages"
    return f"not {type(data).__name__}{advice}"


def payload(data: Buffer, name: str = "send()") -> bytes | memoryview:
    """Return the content of one frame as flat bytes; see flat(). `name` is what was called."""
    if isinstance(data, str) and name == "send()":
        raise TypeError("send() takes bytes, not str: encode it, or use send_string()")
    return flat(data, name)


def socket_type(value: int) -> int:
    """Return the number of a socket type, which libzmq may know or not."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"a socket type is zmqlite.PULL, zmqlite.PUSH ..., not {value!r}")
    return integer(value, "type", -INT_MAX - 1, INT_MAX)


def curve_key(value: bytes, name: str) -> bytes:
    """Return a CURVE key for C: Z85 text of exactly 40 bytes, which C reads without a length."""
    if not isinstance(value, bytes):
        raise TypeError(f"{name} is bytes, not {type(value).__name__}")
    if len(value) == RAW_KEY_LENGTH:
        raise ValueError(f"{name} is in Z85, 40 bytes: z85_encode() turns 32 raw bytes into it")
    if len(value) != KEY_LENGTH:
        raise ValueError(f"{name} is {KEY_LENGTH} bytes of Z85, not {len(value)}")
    return value
