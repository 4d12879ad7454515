"""Handles of sockets, and what C raises through Python."""

from __future__ import annotations

import errno
import functools

from ._direct import Handle
from ._zmq import ffi
from .errors import failure, timed_out
from .message import Message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def new_handle(type_name: str) -> Handle:
    """Return the handle of a socket that is not open yet; `type_name` is for error messages."""
    handle = Handle(Message, functools.partial(_fail, type_name))
    handle.pointer = ffi.cast("zl_socket *", handle.address)
    return handle


def _fail(type_name: str, code: int, wait: int) -> NoReturn:
    """Raise what ended an iteration. It must not know the socket, or that would never be freed."""
    if code == -errno.EAGAIN and wait > 0:
        raise timed_out(wait, "zmq_recv", type_name)
    raise failure(-code, "zmq_recv", type_name)
