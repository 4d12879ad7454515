"""The types of what the fixtures give."""

from __future__ import annotations

from typing import Protocol

from zmqlite.capi import *


class Make(Protocol):
    """Make a socket of a type."""

    def __call__(self, kind: int) -> void_p: ...


class Pair(Protocol):
    """Make two sockets that know each other; the first one binds."""

    def __call__(
        self, binder: int, connecter: int, endpoint: str | None = None
    ) -> tuple[void_p, void_p]: ...
