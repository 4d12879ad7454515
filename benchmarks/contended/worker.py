"""One process of `python -m benchmarks contended`: it measures one library beside other threads.

It prints one JSON object when it is ready, with the switch interval in milliseconds, and one for
each line `ROW PART` on its input: the part is of the usual messages and time. It ends with its
input.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import traceback
from typing import Any

from .. import processors
from ..calls.sockets import PAIRS, Named
from ..calls.worker import LIFE
from . import lateness, rates
from .rows import ROWS, Rate

pair_of = functools.cache(lambda name: PAIRS[name]())


def measure(name: str, library: str, part: float) -> dict[str, Any]:
    """Measure one row once."""
    row = ROWS[name]
    if isinstance(row, Rate):
        form = getattr(row, library)
        return rates.measure(row, form, pair_of(form.sockets or library), part)
    pair = pair_of(library)
    assert isinstance(pair, Named)
    return {"late": lateness.SCENES[row.scene](row, pair, part)}


def main(library: str) -> None:
    """Do what the input says."""
    signal.alarm(LIFE)
    processors.use(processors.CALLS)
    print(json.dumps({"interval": sys.getswitchinterval() * 1e3}), flush=True)
    for line in sys.stdin:
        name, _, part = line.rstrip().rpartition(" ")
        print(json.dumps(measure(name, library, float(part))), flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # with whatever is still in a queue
