"""`gc.refs`: what pyzmq's collector holds. The core does that in C, so here it is empty."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class GarbageCollector:
    """Holds nothing."""

    def __init__(self) -> None:
        self.refs: dict[int, Any] = {}


gc: GarbageCollector = GarbageCollector()
