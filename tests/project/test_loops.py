"""A loop in a `try` or a `with` has no condition of its own: `while True` and `break`.

CPython 3.12 and 3.13 leave the jump back of `while condition` out of the exception table. What the
handler of a signal raises there would skip `finally` and the release of a lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checkout import ROOT

MODULES = sorted((ROOT / "zmqlite").rglob("*.py"))
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
WITH = (ast.With, ast.AsyncWith)


def unguarded(node: ast.AST, guarded: bool = False) -> Iterator[int]:
    """The lines of the loops with a condition that a `try` or a `with` is around."""
    for child in ast.iter_child_nodes(node):
        inside = guarded and not isinstance(node, SCOPES)
        inside |= isinstance(node, WITH) or (isinstance(node, ast.Try) and child in node.body)
        if inside and isinstance(child, ast.While) and not isinstance(child.test, ast.Constant):
            yield child.lineno
        yield from unguarded(child, inside)


def test_no_loop_under_a_try_or_a_with_has_a_condition() -> None:
    for path in MODULES:
        assert list(unguarded(ast.parse(path.read_text()))) == [], path


def test_such_a_loop_is_found() -> None:
    loops = "with lock:\n    while wanted:\n        wait()\n    while True:\n        break\n"
    assert list(unguarded(ast.parse(f"while a:\n  pass\ndef f():\n  {loops!r}\n{loops}"))) == [6]
