"""What the package exports: complete, sorted, documented, and light to import."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from checkout import succeed

import zmqlite
from zmqlite import capi, constants, errors, proto
from zmqlite.options import Option

PACKAGES = [zmqlite, capi, proto]


def public(module: ModuleType) -> Iterator[tuple[str, object]]:
    """Every exported function and class, and the methods and properties of the classes."""
    for name in module.__all__:
        thing = getattr(module, name)
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            continue
        yield name, thing
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_") and (callable(value) or isinstance(value, property)):
                yield f"{name}.{member}", value


@pytest.mark.parametrize("package", [zmqlite, proto], ids=lambda package: package.__name__)
def test_the_list_of_names_has_each_once_and_no_other(package: ModuleType) -> None:
    assert len(set(package.__all__)) == len(package.__all__)
    modules = {name for name, value in vars(package).items() if inspect.ismodule(value)}
    names = {name for name in vars(package) if not name.startswith("_")} - modules
    assert names - set(package.__all__) == set()
    assert all(hasattr(package, name) for name in package.__all__)


@pytest.mark.parametrize("package", [zmqlite, proto], ids=lambda package: package.__name__)
def test_the_list_of_names_is_sorted(package: ModuleType) -> None:
    names = [name for name in package.__all__ if name != "__version__"]
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))


def test_every_exception_and_every_enum_is_exported() -> None:
    for module in (errors, constants):
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__qualname__ == name and not name.startswith("_"):
                ours = value.__module__ in ("zmqlite", module.__name__)
                assert name in zmqlite.__all__ or not ours, name


@pytest.mark.parametrize(
    ("name", "thing"), [pair for package in PACKAGES for pair in public(package)]
)
def test_a_public_thing_is_documented(name: str, thing: object) -> None:
    assert thing.__doc__, name
    assert thing.__doc__.strip()


def test_every_option_is_documented() -> None:
    for owner in (zmqlite.Socket, zmqlite.Context):
        rows = [row for base in owner.__mro__ for row in vars(base).values()]
        options = [row for row in rows if isinstance(row, Option)]
        assert options
        assert all(row.__doc__ for row in options)


@pytest.mark.parametrize("name", ["Context", "Socket", "ZMQError", "proxy", "Message"])
def test_a_public_thing_says_that_it_is_of_the_package(name: str) -> None:
    assert getattr(zmqlite, name).__module__ == "zmqlite"


@pytest.mark.parametrize("module", ["google.protobuf", "asyncio", "ssl", "dataclasses", "zmq"])
def test_importing_the_core_leaves_heavy_modules_alone(module: str) -> None:
    code = f"import zmqlite, sys; print({module!r} in sys.modules)"
    assert succeed(sys.executable, "-c", code) == "False\n"
