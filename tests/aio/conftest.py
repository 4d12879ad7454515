"""What runs a test's coroutine: asyncio's own loop, that in debug mode, and uvloop's."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from support import T, open_descriptors

LIMIT = 45.0
"""Seconds for one test: in debug mode a storm takes up to 10 on an idle machine."""

LOOPS: dict[str, tuple[Callable[[], asyncio.AbstractEventLoop] | None, bool]] = {
    "asyncio": (None, False),
    "debug": (None, True),
    "uvloop": (uvloop.new_event_loop, False),
}


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as _first:
    _first.run(asyncio.sleep(0))  # it opens a pipe, once and for all


@pytest.fixture(params=LOOPS)
def drive(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine in an event loop; it ends in time, without complaints and leaks nothing."""
    factory, debug = LOOPS[request.param]

    def drive(main: Coroutine[Any, Any, T]) -> T:
        before = open_descriptors()
        complaints: list[dict[str, Any]] = []
        with asyncio.Runner(loop_factory=factory, debug=debug) as runner:
            loop = runner.get_loop()
            loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
            result = runner.run(asyncio.wait_for(main, LIMIT))
        assert complaints == []
        gc.collect()
        assert not open_descriptors().items() - before.items(), "descriptors are still open"
        return result

    return drive
