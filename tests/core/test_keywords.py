"""Type checkers know every option as an argument: the typed dictionaries are the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from typing_extensions import Buffer

from zmqlite.context_options import ALL_CONTEXT_OPTIONS
from zmqlite.keywords import AsyncSocketKeywords, ContextKeywords, SocketKeywords
from zmqlite.option import Option
from zmqlite.options import Binary, Bool, EnumInt, Filter, Key, Milliseconds, Number, Text, Topic
from zmqlite.socket_options import ALL_SOCKET_OPTIONS

# The first that fits.
GIVEN: dict[type, Any] = {
    Milliseconds: int | None,
    Bool: bool,
    Number: int,
    Filter: int | None,
    Text: str | None,
    Binary: Buffer,
    Topic: Buffer | str,
    Key: bytes,
}


def given(row: Option[Any, Any]) -> Any:
    """What the row may be set to."""
    if isinstance(row, EnumInt):
        return row.kind
    return next(kind for cls, kind in GIVEN.items() if isinstance(row, cls))


def expected(rows: Mapping[str, Option[Any, Any]], *without: str) -> dict[str, Any]:
    return {
        name: given(row) for name, row in rows.items() if "w" in row.access and name not in without
    }


def test_a_socket_takes_every_option_that_can_be_set() -> None:
    assert get_type_hints(SocketKeywords) == expected(ALL_SOCKET_OPTIONS)


def test_an_awaited_socket_takes_all_but_the_timeouts() -> None:
    without = expected(ALL_SOCKET_OPTIONS, "rcvtimeo", "sndtimeo")
    assert get_type_hints(AsyncSocketKeywords) == without


def test_a_context_takes_all_but_the_one_that_has_an_argument_of_its_own() -> None:
    assert get_type_hints(ContextKeywords) == expected(ALL_CONTEXT_OPTIONS, "io_threads")
