"""allow_interrupt, which does something on Windows only, where zmqlite does not run."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class allow_interrupt:  # pyzmq's name
    """A `with` block that does nothing: Ctrl-C ends a wait by itself."""

    def __init__(self, action: Callable[[], Any] | None = None) -> None:
        self.action = action

    def __enter__(self) -> allow_interrupt:
        return self

    def __exit__(self, *_: object) -> None:
        pass
