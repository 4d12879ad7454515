"""Other threads run Python while one waits in libzmq, and the end of the context wakes it."""

from __future__ import annotations

import itertools

import pytest
from calls import WAITS
from support import Make, Run, Task, eventually, inside

import zmqlite as zmq

STEPS = 10
"""Looks of this thread at another one that is inside the call."""

ENDS_QUIETLY = ("iteration", "proxy", "proxy_steerable")


@pytest.mark.parametrize("end", ["shutdown", "term"])
@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_lets_other_threads_run_and_ends_with_the_context(
    wait: str, end: str, context: zmq.Context, make: Make, run: Run
) -> None:
    socket = make(zmq.DEALER)  # sends to nobody, and receives from nobody
    task = run(WAITS[wait], socket)
    steps = itertools.count(1)
    eventually(lambda: inside(socket) and next(steps) >= STEPS)
    Task(getattr(context, end)).result()
    if wait in ENDS_QUIETLY:
        assert not task.result()
    else:
        with pytest.raises(zmq.ContextTerminated):
            task.result()
