"""The types of what the fixtures give, and steps that many tests begin or end with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, TypeAlias

from checkout import loaded_libraries, succeed

from zmqlite import capi
from zmqlite.capi import *

# Joined when capi is imported, which mypy does not follow.
EXPORTED: list[str] = vars(capi)["__all__"]

# One function under several names, which zmq.h declares as several functions.
OLD_NAMES = {"zmq_ctx_destroy": "zmq_ctx_term", "zmq_term": "zmq_ctx_term"}

Call: TypeAlias = tuple[Any, ...]
"""A function and its arguments."""


class Make(Protocol):
    """Make a socket of a type."""

    def __call__(self, kind: int) -> void_p: ...


class Pair(Protocol):
    """Make two sockets that know each other; the first one binds."""

    def __call__(
        self, binder: int, connecter: int, endpoint: str | None = None
    ) -> tuple[void_p, void_p]: ...


def refused(code: int, *calls: Call) -> None:
    """Make calls that all return what means failure, and set this errno."""
    for function, *arguments in calls:
        rc = function(*arguments)
        assert rc in (-1, None, 0, b""), rc
        assert zmq_errno() == code, (function, zmq_strerror(zmq_errno()))
        zmq_msg_set(zmq_msg_t(), 0, 0) if code != EINVAL else zmq_close(None)  # another errno


def start(kind: int = ZMQ_PULL) -> tuple[void_p, void_p]:
    """Make a context with one socket."""
    context = zmq_ctx_new()
    socket = zmq_socket(context, kind)
    assert socket is not None
    return context, socket


def end(context: void_p, *sockets: void_p) -> None:
    """Close all, which must go well."""
    for socket in sockets:
        assert zmq_close(socket) == 0
    assert zmq_ctx_term(context) == 0


def set_int(socket: void_p, option: int, value: int) -> int:
    """Set an option that is an int."""
    return zmq_setsockopt(socket, option, c_int(value), sizeof(c_int))


def bound(socket: void_p, endpoint: str) -> str:
    """Bind; return the real endpoint."""
    real = c_char_buffer(256)
    assert zmq_bind(socket, endpoint) == 0
    assert zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, real, c_size_t(256)) == 0
    return real.value.decode()


def tcp(socket: void_p) -> str:
    """Bind to a free port; return the endpoint."""
    return bound(socket, "tcp://127.0.0.1:*")


def content(msg: zmq_msg_t | None) -> bytes:
    """Copy the content of a message."""
    return bytes(zmq_msg_data(msg))


def compiled(source: Path, include: Path) -> Path:
    """Make a program of C, with the very libzmq that the module has loaded."""
    _, [libzmq, *_] = loaded_libraries()
    program = include / source.stem
    command = ["cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", f"-I{include}"]
    link = [str(libzmq), f"-Wl,-rpath,{libzmq.parent}", "-pthread"]
    succeed(*command, "-o", program, source, *link)
    return program


def made(data: bytes) -> zmq_msg_t:
    """Make a message with this content."""
    msg = zmq_msg_t()
    assert zmq_msg_init_size(msg, len(data)) == 0
    zmq_msg_data(msg)[:] = data
    return msg
