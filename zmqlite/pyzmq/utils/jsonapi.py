"""JSON as bytes."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["dumps", "loads"]

jsonmod = json


def dumps(o: Any, **kwargs: Any) -> bytes:
    """Return an object as JSON in UTF-8."""
    return json.dumps(o, **kwargs).encode()


def loads(s: bytes | str, **kwargs: Any) -> Any:
    """Return the object of a JSON text."""
    return json.loads(s, **kwargs)
