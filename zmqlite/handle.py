"""Handles of sockets: what C knows of a socket, with cffi's pointer to it."""

from __future__ import annotations

from ._direct import Frame, Handle
from ._zmq import ffi
from .message import Message


def new_handle(message: type[Frame] = Message) -> Handle:
    """Return the handle of a socket that is not open yet, which makes frames of that class."""
    handle = Handle(message)
    handle.pointer = ffi.cast("zl_socket *", handle.address)
    return handle
