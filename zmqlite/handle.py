"""The handle of one libzmq socket: its options, and how its calls wait.

A default call into the shim tries once, and waits only where that needs no clock: for ever.
Everything else, timeouts and signals, is the slow path through `_wait`.
"""

from __future__ import annotations

import errno

from ._zmq import ffi, lib
from .arguments import milliseconds
from .constants import Flag
from .errors import ZMQError, failure, timed_out
from .hints import UNSUBSCRIBED
from .option import Option
from .options import Milliseconds
from .socket_options import SUBSCRIBE, SocketOptions, option_failure, socket_option
from .waiting import until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final, NoReturn, TypeVar

    from ._zmq import CData

    Got = TypeVar("Got")
    Given = TypeVar("Given")


DONTWAIT: Final = int(Flag.DONTWAIT)
SNDMORE: Final = int(Flag.SNDMORE)

BATCH: Final = lib.ZL_BATCH
"""Messages that cross into C at once when many are sent, and the most that do when received."""

AS_SET: Final = lib.ZL_AS_SET

_PEER_NAME: Final = SocketOptions.connect_routing_id

calls: Final[dict[str, Any]] = {}
"""The functions of the shim that take and make Python objects; see there."""

lib.zl_install(ffi.cast("void *", id(calls)))


class Handle(SocketOptions):
    """What Socket rests on: a socket of the shim, its options and waiting for it."""

    __slots__ = ("_address", "_handle", "_peer_names", "_subject", "_type_name")

    def __init__(self, handle: CData, type_name: str) -> None:
        self._handle = handle
        self._address = int(ffi.cast("intptr_t", handle))  # what `calls` take
        self._type_name = type_name
        self._subject = UNSUBSCRIBED if type_name == "SUB" else type_name  # for errors
        self._peer_names: set[bytes] = set()  # that connect_routing_id was set to

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        # A copy would close what belongs to the other one.
        raise TypeError("a Socket can be neither copied nor pickled: give each process its own")

    @property
    def closed(self) -> bool:
        """Whether the socket was closed, by itself or by its context."""
        return not lib.zl_libzmq_socket(self._handle)

    def get(self, option: Option[Got, Any] | int) -> Got | Any:
        """Read an option: a row such as `Socket.linger`, or a number of zmq.h.

        A number that zmqlite does not know gives an int where libzmq has four bytes, else bytes.

        C: zmq_getsockopt(3)
        """
        row = socket_option(option, "r")
        for size in row.sizes:
            value, length = ffi.new("char[]", size), ffi.new("size_t *", size)
            code = lib.zl_getsockopt(self._handle, row.number, value, length)
            while code == -errno.EINTR:
                code = lib.zl_getsockopt(self._handle, row.number, value, length)
            if code != -errno.EINVAL:
                break
        if code < 0:
            raise option_failure(-code, "zmq_getsockopt", row, self._type_name)
        return row.decode(ffi.buffer(value, length[0])[:])

    def set(self, option: Option[Any, Given] | int, value: Given) -> None:
        """Change an option: a row such as `Socket.linger`, or a number of zmq.h.

        Raises:
            TypeError, ValueError: not a value of this option; nothing was changed.
            ZMQError: libzmq refuses it.

        C: zmq_setsockopt(3)
        """
        row = socket_option(option, "w")
        encoded = row.encode(value)
        if row is _PEER_NAME and encoded in self._peer_names:
            # libzmq aborts when a second connection of a socket gets the name of the first.
            raise ValueError(f"{row.name} {encoded!r} was used before on this socket")
        data, size = (ffi.NULL, 0) if encoded is None else (encoded, len(encoded))
        code = lib.zl_setsockopt(self._handle, row.number, data, size)
        if code < 0:
            raise option_failure(-code, "zmq_setsockopt", row, self._type_name)
        if row is _PEER_NAME and encoded is not None:
            self._peer_names.add(encoded)
        elif row is SUBSCRIBE:
            self._subject = self._type_name

    # Waiting

    def _wait(
        self,
        call: str,
        attempt: Callable[[int], int],
        flags: int,
        timeout: int | None,
        option: Milliseconds,
    ) -> int | ZMQError:
        """Make `attempt(ms)` until it succeeds or the time is over; its count, or why it failed.

        Without a timeout of the call the option rules: the shim knows whether it is for ever, and
        only tries where it is not.
        """
        wait = milliseconds(timeout) if timeout is not None else AS_SET
        if flags & DONTWAIT:
            wait = 0
        code = until(attempt, wait)
        if code == -errno.EAGAIN and wait == AS_SET:
            wait = self.get(option)
            if wait > 0:
                code = until(attempt, wait)
        if code >= 0:
            return code
        if code == -errno.EAGAIN and wait > 0:
            return timed_out(wait, call, self._subject)
        return failure(-code, call, self._subject)


def check_flags(flags: int, allowed: int) -> None:
    if not isinstance(flags, int):
        raise TypeError(f"flags are DONTWAIT and SNDMORE, not {type(flags).__name__}")
    if flags & ~allowed:
        raise ValueError(f"unknown flags {flags & ~allowed:#x}; a timeout is given as timeout=")
