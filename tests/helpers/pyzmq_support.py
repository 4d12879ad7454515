"""A context of zmqlite.pyzmq for tests, which closes what they leave open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from support import Task

import zmqlite.pyzmq as zmq


class KeepingContext(zmq.Context[Any]):
    """Keeps its sockets alive, so that none is dropped unclosed before the context ends."""

    kept: list[zmq.Socket[Any]]

    def __init__(self) -> None:
        self.kept = []
        super().__init__()

    def socket(self, *args: Any, **kwargs: Any) -> Any:
        socket = super().socket(*args, **kwargs)
        self.kept.append(socket)
        return socket


@contextmanager
def keeping_context() -> Iterator[zmq.Context[Any]]:
    """A context that is destroyed within a deadline."""
    context = KeepingContext()
    try:
        yield context
    finally:
        Task(context.destroy, 0).result()
