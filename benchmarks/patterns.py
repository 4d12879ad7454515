"""Which rows of a table a command line asks for."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import TypeVar

Row = TypeVar("Row")


def matching(rows: Mapping[str, Row], patterns: Iterable[str]) -> list[Row]:
    """Return the rows whose names match one of these, in the order of the table.

    Raises:
        ValueError: one of them matches nothing.
    """
    wanted = list(patterns)
    for pattern in wanted:
        if not fnmatch.filter(rows, pattern):
            raise ValueError(f"nothing matches {pattern!r}; --list names all there is")
    return [
        row
        for name, row in rows.items()
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
    ]
