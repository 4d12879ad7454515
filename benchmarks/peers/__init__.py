"""The implementations that are compared: where their loops are, and whether they are installed."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .blocking import Blocking


@dataclass(frozen=True)
class Implementation:
    """One way to use libzmq: a class of a module here, and the module that it needs.

    C, the limit, has no class: its loops are in peer.c.
    """

    name: str
    loops: str | None
    needs: str

    @property
    def installed(self) -> bool:
        """Whether what it needs can be found."""
        parent = self.needs.partition(".")[0]
        if importlib.util.find_spec(parent) is None:
            return False
        return importlib.util.find_spec(self.needs) is not None

    def load(self) -> type[Blocking]:
        """Import the class of its loops."""
        assert self.loops is not None
        module, name = self.loops.split(":")
        loops: type[Blocking] = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return loops


IMPLEMENTATIONS: Final = {
    each.name: each
    for each in (
        Implementation("C", None, "zmqlite"),
        Implementation("zmqlite", "zmqlite:OneAtATime", "zmqlite"),
        Implementation("zmqlite batched", "zmqlite:Batched", "zmqlite"),
        Implementation("zmqlite.capi", "capi:OneAtATime", "zmqlite.capi"),
        Implementation("zmqlite typed", "typed:Bare", "zmqlite.proto"),
        Implementation("zmqlite typed, topic", "typed:Topic", "zmqlite.proto"),
        Implementation("zmqlite typed, tagged", "typed:Tagged", "zmqlite.proto"),
        Implementation("zmqlite typed, batched", "typed:Batched", "zmqlite.proto"),
        Implementation("by hand", "typed:ByHand", "zmqlite.proto"),
        Implementation("by hand, two frames", "typed:ByHandInTwo", "zmqlite.proto"),
        Implementation("by hand, batched", "typed:ByHandBatched", "zmqlite.proto"),
        Implementation("zmqlite.aio", "aio:OneAtATime", "zmqlite.aio"),
        Implementation("zmqlite.aio batched", "aio:Batched", "zmqlite.aio"),
        Implementation("pyzmq", "pyzmq:OneAtATime", "zmq"),
        Implementation("pyzmq by hand", "typed_pyzmq:ByHand", "zmq"),
        Implementation("pyzmq.asyncio", "pyzmq:Awaited", "zmq.asyncio"),
        Implementation("pyomq", "pyomq:OneAtATime", "pyomq"),
    )
}
