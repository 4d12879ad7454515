"""What `import zmqlite` gives: complete, in order, documented, and nothing heavy beside it."""

from __future__ import annotations

import enum
import inspect
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from checkout import ROOT, succeed
from program_support import said

import zmqlite
from zmqlite import Event, Flag, SocketType, ZMQError, constants, errors
from zmqlite.option import Option

EXPORTED = {name: getattr(zmqlite, name) for name in zmqlite.__all__}
CLASSES = {name: each for name, each in EXPORTED.items() if isinstance(each, type)}
FUNCTIONS = {name: each for name, each in EXPORTED.items() if inspect.isfunction(each)}


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield what our own classes define for everybody: methods, properties and options."""
    for base in owner.__mro__:
        if not base.__module__.startswith("zmqlite"):
            continue
        for name, member in vars(base).items():
            if isinstance(member, staticmethod | classmethod):
                member = member.__func__
            known = inspect.isfunction(member) or isinstance(member, property | Option)
            if known and not name.startswith("_"):
                yield name, member


def test_all_is_sorted_and_names_nothing_twice() -> None:
    def order(name: str) -> tuple[bool, bool, str]:
        return not name.isupper(), not name[0].isupper(), name

    assert zmqlite.__all__ == sorted(set(zmqlite.__all__), key=order)


def test_all_is_complete() -> None:
    public = {
        name
        for name, value in vars(zmqlite).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public | {"__version__"} == set(zmqlite.__all__)


def test_every_error_and_every_enum_is_exported() -> None:
    for module, kind in ((errors, ZMQError), (constants, enum.Enum)):
        defined = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, kind)
            and value.__module__ in (module.__name__, "zmqlite")
        }
        assert defined <= set(zmqlite.__all__)
        assert defined


@pytest.mark.parametrize("kind", [SocketType, Flag, Event])
def test_the_short_names_are_the_members(kind: type[enum.IntEnum]) -> None:
    for member in kind:
        assert EXPORTED[member.name] is member


def check_docstring(each: Any, name: str) -> None:
    text = each.__doc__
    assert text, f"{name} is not documented"
    first, *rest = text.splitlines()
    assert first[0].isupper() or first.startswith("libzmq "), name
    assert first.endswith((".", ":")), name
    assert not rest or not rest[0], f"{name} has no empty line after the first"


def test_an_exported_object_is_documented_and_says_where_it_is_to_be_found() -> None:
    for name in [*CLASSES, *FUNCTIONS]:
        assert (EXPORTED[name].__module__, EXPORTED[name].__name__) == ("zmqlite", name)
        check_docstring(EXPORTED[name], name)


@pytest.mark.parametrize("owner", CLASSES)
def test_public_methods_properties_and_options_are_documented(owner: str) -> None:
    for name, member in members(CLASSES[owner]):
        if isinstance(member, Option):
            assert member.__doc__, name
        else:
            check_docstring(member, name)


IMPORT = """
import os, sys
sys.path[:] = {path!r}
before = set(sys.modules)
import zmqlite
print(*sorted(set(sys.modules) - before))
"""


def test_the_import_brings_nothing_heavy() -> None:
    # Without `site`, which may have loaded some of it before.
    program = IMPORT.format(path=[*sys.path, str(ROOT)])
    imported = set(succeed(sys.executable, "-I", "-S", "-c", program).split())
    assert "zmqlite._zmq" in imported
    heavy = """
        asyncio cffi concurrent.futures contextlib ctypes dataclasses email google.protobuf inspect
        json logging multiprocessing pickle re socket ssl struct subprocess tempfile threading
        typing typing_extensions urllib weakref zmq zmqlite.actor zmqlite.aio zmqlite.capi
        zmqlite._cli zmqlite.events zmqlite.hub zmqlite.log zmqlite.peers zmqlite.proto
        zmqlite.reactor zmqlite.rpc zmqlite.subscribers
    """
    assert set(heavy.split()) & imported == set()


def test_what_is_imported_later_is_there_all_the_same() -> None:
    assert said("core/imports", "imported_later") == ""
    with pytest.raises(AttributeError, match="no attribute 'Clock'"):
        getattr(zmqlite, "Clock")  # noqa: B009


def test_type_checkers_are_told_that_there_are_types() -> None:
    assert (ROOT / "zmqlite" / "py.typed").is_file()
