"""Raise EMFILE early: libzmq aborts the process in places where it gets no file descriptor."""

from __future__ import annotations

import errno
import os

from .errors import failure


def reserve(count: int, call: str, subject: str | None = None) -> None:
    """Raise ZMQError (EMFILE, ENFILE) unless `count` file descriptors can be opened now."""
    opened: list[int] = []
    try:
        for _ in range(count):
            opened.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        raise failure(error.errno or errno.EMFILE, call, subject) from None
    finally:
        for descriptor in opened:
            os.close(descriptor)
