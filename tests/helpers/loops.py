"""What runs a coroutine test: asyncio's own loop, that in debug mode, and uvloop's.

The conftest.py of a folder with such tests has this module's names.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from support import T, open_descriptors

LIMIT, LONGER = 45.0, 150.0
"""Seconds for one test; on the slower loops, where a storm takes up to 3 on an idle machine."""

LOOPS: dict[str, tuple[Callable[[], asyncio.AbstractEventLoop] | None, bool]] = {
    "asyncio": (None, False),
    "debug": (None, True),
    "uvloop": (uvloop.new_event_loop, False),
}


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as _first:
    _first.run(asyncio.sleep(0))  # it opens a pipe, once and for all


def driving(name: str) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine in an event loop; it ends in time, without complaints and leaks nothing."""
    factory, debug = LOOPS[name]

    def drive(main: Coroutine[Any, Any, T]) -> T:
        before = open_descriptors()
        complaints: list[dict[str, Any]] = []
        with asyncio.Runner(loop_factory=factory, debug=debug) as runner:
            loop = runner.get_loop()
            loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
            limit = LIMIT if name == "asyncio" else LONGER
            result = runner.run(asyncio.wait_for(main, limit))
        assert complaints == []
        gc.collect()
        assert not open_descriptors().items() - before.items(), "descriptors are still open"
        return result

    return drive


_MARKS = [pytest.mark.slow, pytest.mark.timeout(LONGER + 30)]
SLOWER = [pytest.param(name, marks=_MARKS) for name in LOOPS if name != "asyncio"]
"""Tests run on these, too, but not in a hurry."""


@pytest.fixture(params=["asyncio", *SLOWER])
def drive(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    return driving(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(name: str, obj: Callable[..., object]) -> None:
    """Give each test that is a coroutine function what runs it."""
    if name.startswith("test_") and inspect.iscoroutinefunction(obj):
        pytest.mark.usefixtures("drive")(obj)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Have `drive` run a test that is a coroutine function."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    drive: Any = pyfuncitem.funcargs["drive"]
    drive(pyfuncitem.obj(**arguments))
    return True
