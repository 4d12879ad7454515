"""One process of `python -m benchmarks calls`: it runs the loops of one library.

It prints one JSON object when it is ready, and one for each line `ROW COUNT` on its input: the
nanoseconds of processor time of the thread that one statement took, or an empty object where the
library has no such method. It ends with its input.
"""

from __future__ import annotations

import functools
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Final

from .rows import ROWS, Form, Row
from .sockets import PAIRS, Pair

LIFE: Final = 600
"""Seconds after which a process that was forgotten ends itself."""

FUNCTION: Final = """
def run(count, {names}):
    {setup}
    start = clock()
    {loop}
    return clock() - start
"""

pair_of = functools.cache(lambda name: PAIRS[name]())


@functools.cache
def compiled(form: Form, pair: Pair) -> Callable[[int], int]:
    """Compile the loop of a form; all names are local variables, as in a user's function."""
    return pair.function(FUNCTION, form.setup, form.loop(), clock=time.thread_time_ns)


def measure(row: Row, form: Form, pair: Pair, count: int) -> float:
    """Run a loop over `count` statements once; return the nanoseconds of each."""
    loop = compiled(form, pair)
    pair.fill(pair.contents[row.content], row.before * count + row.standing)
    before = pair.set(form.options)
    try:
        taken = loop(count)
    finally:
        pair.set(before)
    left, expected = pair.drain(), row.after * count + row.standing
    if left != expected:
        raise AssertionError(f"{row.name}: {left} frames are left, not {expected}")
    return taken / count


def main(library: str) -> None:
    """Do what the input says."""
    signal.alarm(LIFE)
    gc.disable()  # as `timeit` does
    print(json.dumps({"ready": library}), flush=True)
    for line in sys.stdin:
        name, _, count = line.rstrip().rpartition(" ")
        row = ROWS[name]
        form: Form = getattr(row, library)
        pair = pair_of(form.sockets or library)
        has = not form.needs or hasattr(pair.names["pull"], form.needs)
        answer = {"ns": measure(row, form, pair, int(count))} if has else {}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # with whatever is still in a queue
