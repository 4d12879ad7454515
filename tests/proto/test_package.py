"""The package as a whole: what it exports, and what it imports and ships."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from checkout import ROOT, succeed

from zmqlite import proto

MODULES = sorted((ROOT / "zmqlite" / "proto").glob("*.py"))
PURE = ("codec", "descriptors", "envelope", "errors", "subscriptions", "typed")


@pytest.mark.slow
def test_zmqlite_alone_imports_no_protobuf() -> None:
    show = "import sys, {}; print('google.protobuf' in sys.modules)"
    assert succeed(sys.executable, "-c", show.format("zmqlite")) == "False\n"
    assert succeed(sys.executable, "-c", show.format("zmqlite.proto")) == "True\n"


@pytest.mark.slow
def test_without_protobuf_the_import_says_what_to_install() -> None:
    said = succeed(sys.executable, Path(__file__).parent / "programs" / "without_protobuf.py")
    assert said == "zmqlite.proto needs protobuf: pip install protobuf\n"


def test_what_is_exported_is_sorted_documented_and_says_where_it_is_from() -> None:
    assert sorted(proto.__all__, key=lambda name: (not name.isupper(), name)) == proto.__all__
    for name in proto.__all__:
        found = getattr(proto, name)
        if isinstance(found, type):
            assert found.__doc__
            assert found.__module__ == "zmqlite.proto"


def test_no_generated_file_ships() -> None:
    for path in MODULES:
        assert "_pb2" not in path.name
        assert "DO NOT EDIT" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [path for path in MODULES if path.stem in PURE], ids=str)
def test_codecs_import_nothing_that_can_send(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = [
        node.test.id  # what is imported for a type checker alone
        for node in tree.body
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
    ]
    assert set(checked) <= {"TYPE_CHECKING"}
    imported = {
        node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 2
    }
    assert imported <= {"arguments"}
