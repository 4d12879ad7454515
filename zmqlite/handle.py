"""The handle of one libzmq socket, and its options."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, TypeVar

from ._zmq import ffi, lib
from .errors import failure
from .options import Option
from .socket_options import SocketOptions, socket_option

if TYPE_CHECKING:
    from ._zmq import CData

Got = TypeVar("Got")
Given = TypeVar("Given")


class Handle(SocketOptions):
    """What Socket rests on: a socket of the shim, and reading and changing its options."""

    __slots__ = ("_handle", "_peer_names", "_type_name")

    def __init__(self, handle: CData, type_name: str) -> None:
        self._handle = handle
        self._type_name = type_name
        self._peer_names: set[bytes] = set()  # that connect_routing_id was set to

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
            raise failure(-code, "zmq_getsockopt", row.name)
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
        if row is SocketOptions.connect_routing_id and encoded in self._peer_names:
            # libzmq aborts when a second connection of a socket gets the name of the first.
            raise ValueError(f"{row.name} {encoded!r} was used before on this socket")
        data, size = (ffi.NULL, 0) if encoded is None else (encoded, len(encoded))
        code = lib.zl_setsockopt(self._handle, row.number, data, size)
        if code < 0:
            raise failure(-code, "zmq_setsockopt", row.name)
        if row is SocketOptions.connect_routing_id and encoded is not None:
            self._peer_names.add(encoded)
