"""The package needs its run-time dependencies only, and nothing that type checkers have."""

from __future__ import annotations

import sys

from checkout import succeed

PROGRAM = """
import importlib, pkgutil, sys
sys.modules["typing_extensions"] = None  # its import fails
import zmqlite
for module in pkgutil.walk_packages(zmqlite.__path__, "zmqlite."):
    if module.name.rpartition(".")[2] not in ("keywords", "__main__"):
        importlib.import_module(module.name)
print("zmqlite.rpc.aio" in sys.modules, "zmqlite.rpc.plugin" in sys.modules)
"""


def test_every_module_is_imported_without_typing_extensions() -> None:
    assert succeed(sys.executable, "-c", PROGRAM) == "True True\n"
