"""Imports point down only, as the layers in `zmqlite/__init__.py` say."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from checkout import ROOT

PACKAGE = ROOT / "zmqlite"

ORDER = [
    "_zmq",
    "constants",
    "errors",
    "arguments",
    "options",
    "socket_options",
    "context_options",
    "curve",
    "descriptors",
    "waiting",
    "ownership",
    "message",
    "monitor",
    "handle",
    "sending",
    "receiving",
    "socket",
    "context",
    "poll",
    "proxy",
    "cli",
    "__init__",
    "__main__",
]
"""The core: each module may import from those before it. `__init__` only collects names."""

DOORS = ("capi", "proto")
"""Packages on top of the core, which import from it and from themselves."""


class Imports(ast.NodeVisitor):
    """The relative imports of a module that run, and those inside functions."""

    def __init__(self, module: str) -> None:
        self.parents = module.split(".")[:-1]
        self.found: list[str] = []
        self.hidden: list[int] = []
        self.depth = 0
        self.visit(ast.parse((PACKAGE / (module.replace(".", "/") + ".py")).read_text()))

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.depth += 1
        self.generic_visit(node)
        self.depth -= 1

    def visit_Import(self, node: ast.Import) -> None:
        self.hidden += [node.lineno] * bool(self.depth)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.hidden += [node.lineno] * bool(self.depth)
        if node.level:
            here = self.parents[: len(self.parents) - node.level + 1]
            names = [node.module] if node.module else [alias.name for alias in node.names]
            self.found += [".".join([*here, name]) for name in names]


def modules(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        yield ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def test_every_module_of_the_core_has_its_place() -> None:
    assert sorted(modules(PACKAGE)) == sorted(set(ORDER) - {"_zmq"})


@pytest.mark.parametrize("module", list(modules(PACKAGE)))
def test_a_module_of_the_core_imports_only_from_below(module: str) -> None:
    below = ORDER[: ORDER.index(module)] + ["__version__"] * (module == "cli")
    assert set(Imports(module).found) <= set(below)


@pytest.mark.parametrize("module", [each for door in DOORS for each in modules(PACKAGE / door)])
def test_a_door_imports_from_the_core_and_from_itself_without_a_circle(module: str) -> None:
    door = module.split(".")[0]

    def reach(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join([*path, name])
        for each in Imports(name).found:
            if each.split(".")[0] == door:
                reach(each, (*path, name))
            else:
                assert each in ORDER[: ORDER.index("cli")]

    reach(module, ())


@pytest.mark.parametrize(
    "module", [each for door in ("", *DOORS) for each in modules(PACKAGE / door)]
)
def test_a_module_imports_nothing_inside_a_function(module: str) -> None:
    assert Imports(module).hidden == []
