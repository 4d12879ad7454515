"""Imports point down: no module of the package imports from its own row or from one above it.

Imports for type checkers count, too: two modules that need each other's types are tied.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator

import pytest
from checkout import ROOT

PACKAGE = ROOT / "zmqlite"

ROWS = (
    ("_zmq", "_typing"),
    ("_direct", "advice", "constants"),
    ("hints", "waiting"),
    ("errors",),
    ("arguments", "fds"),
    ("curve", "library", "message", "monitor", "option", "events"),
    ("options", "handle"),
    ("socket_options", "context_options", "owner"),
    ("keywords", "transfer", "inproc"),
    ("security", "peers", "subscribers"),
    ("hub",),
    ("watching", "log"),
    ("socket",),
    ("context", "poll"),
    ("proxy", "reactor", "actor"),
    ("__init__",),
    ("__main__",),
)
LEVELS = {name: level for level, row in enumerate(ROWS) for name in row}
PUBLIC = LEVELS["__init__"]

# Packages on top of the core, and which of these others a package, or a module of it, may import
# from. Of the core, __main__ alone imports one of them.
PACKAGES = ("aio", "auth", "capi", "_cli", "proto", "pyzmq", "rpc")
BETWEEN = {
    "__main__": ("_cli",),
    "_cli": ("__init__", "auth", "proto", "rpc"),
    "auth.aio": ("aio.",),
    "proto.aio": ("aio.",),
    "pyzmq.auth.certs": ("auth",),
    "pyzmq": ("aio.", "auth."),
    "rpc": ("proto.",),
    "rpc.aio": ("aio.", "proto."),
}

# pyzmq's API ties these two: a context makes sockets, and `Socket.context` is that context. The
# import is for type checkers alone.
TIED = (("pyzmq.socket", "pyzmq.context"),)

MODULES = {
    path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", "."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
CORE = [name for name in MODULES if "." not in name]
IN_PACKAGES = [name for name in MODULES if "." in name]


class Imports(ast.NodeVisitor):
    """The imports of a module: those at its top level, type checkers' included, and others."""

    def __init__(self, source: str) -> None:
        self.top: list[ast.Import | ast.ImportFrom] = []
        self.inner: list[ast.Import | ast.ImportFrom] = []
        self._depth = 0
        self.visit(ast.parse(source))

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self._depth += 1
        self.generic_visit(node)
        self._depth -= 1

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        (self.inner if self._depth else self.top).append(node)

    visit_ImportFrom = visit_Import


IMPORTS = {name: Imports(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def targets(name: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports at its top level."""
    package = name.split(".")[:-1]
    for node in IMPORTS[name].top:
        if isinstance(node, ast.Import):
            for alias in node.names:
                assert alias.name.partition(".")[0] != "zmqlite", f"{name} imports by full name"
            continue
        assert (node.module or "").partition(".")[0] != "zmqlite" or node.level
        if not node.level:
            continue
        base = package[: len(package) + 1 - node.level]
        if node.module:
            yield ".".join([*base, node.module])
            continue
        for alias in node.names:
            submodule = ".".join([*base, alias.name])
            yield submodule if submodule in MODULES else ".".join([*base, "__init__"])


@pytest.mark.parametrize("condition", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_imports_for_type_checkers_count(condition: str) -> None:
    imports = Imports(f"if {condition}:\n    from .socket import Socket\n")
    assert [ast.unparse(node) for node in imports.top] == ["from .socket import Socket"]


@pytest.mark.parametrize("name", CORE)
def test_a_module_of_the_core_imports_from_rows_below_it(name: str) -> None:
    assert name in LEVELS, "give the module a place in ROWS"
    for target in set(targets(name)) - set(BETWEEN.get(name, ())):
        assert target in LEVELS, f"{name} imports {target}, which is no part of the core"
        assert LEVELS[target] < LEVELS[name], f"{name} imports {target}"


@pytest.mark.parametrize("name", IN_PACKAGES)
def test_a_package_imports_from_itself_and_from_modules_of_the_core(name: str) -> None:
    package = name.partition(".")[0]
    assert package in PACKAGES, "give the package a place in PACKAGES"
    for target in targets(name):
        if target.startswith((f"{package}.", *BETWEEN.get(name, BETWEEN.get(package, ())))):
            continue
        assert target in LEVELS, f"{name} imports {target}, which is in another package"
        assert LEVELS[target] < PUBLIC, f"{name} imports {target}"


def test_imports_never_go_round_in_circles() -> None:
    imports = {name: set(targets(name)) for name in MODULES}
    for name, target in TIED:
        imports[name].remove(target)
    graphlib.TopologicalSorter(imports).prepare()


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_imported_inside_a_function(name: str) -> None:
    assert [ast.unparse(node) for node in IMPORTS[name].inner] == []


def test_every_place_is_taken() -> None:
    assert set(LEVELS) - {"_zmq"} == set(CORE)
    assert {name.partition(".")[0] for name in IN_PACKAGES} == set(PACKAGES)


def test_the_map_in_the_package_names_every_module_of_the_core() -> None:
    docstring = ast.get_docstring(ast.parse(MODULES["__init__"].read_text(encoding="utf-8"))) or ""
    words = set(docstring.replace(",", " ").split())
    unnamed = set(LEVELS) - words - {"__init__", "__main__", "socket_options", "context_options"}
    assert unnamed == set()
