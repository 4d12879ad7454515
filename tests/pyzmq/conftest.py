"""A context of zmqlite.pyzmq, and what runs the coroutine tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loops import pytest_pycollect_makeitem, pytest_pyfunc_call
from pyzmq_support import keeping_context, run

__all__ = ["drive", "pytest_pycollect_makeitem", "pytest_pyfunc_call"]


@pytest.fixture
def drive() -> Callable[[Any], Any]:
    return run


@pytest.fixture
def context() -> Iterator[Any]:
    with keeping_context() as context:
        yield context
