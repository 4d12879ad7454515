"""One case of misuse, in a process of its own: `python -m capi.misuse NAME` survives it."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from types import ModuleType

from capi import misuse_calls, misuse_process, misuse_types


def cases_of(module: ModuleType) -> dict[str, Callable[[], None]]:
    """The functions of a module that take nothing: they assert which errno stands in for C."""
    return {
        name: case
        for name, case in inspect.getmembers(module, inspect.isfunction)
        if case.__module__ == module.__name__ and not inspect.signature(case).parameters
    }


CASES = cases_of(misuse_calls) | cases_of(misuse_process) | cases_of(misuse_types)

if __name__ == "__main__":
    CASES[sys.argv[1]]()
    print("survived", flush=True)
