"""One process of a cell: `python -m benchmarks.worker IMPLEMENTATION ROLE[+ROLE...] ...`.

It prints one JSON object for everything it is told. First, when it is set up: the endpoints it has
bound. Then, for each line `run COUNT` on its input: what was timed. For `usage`: the seconds of
processor time and the page faults that it has had. It ends with its input, and by an alarm if that
never comes. peer.c speaks the same.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any

from .peers import IMPLEMENTATIONS
from .roles import ROLES, Result, Role, Setting

LIFE = 120
"""Seconds after which a process that was forgotten ends itself."""


def say(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def run_all(roles: list[Role], count: int) -> Result:
    """Run all roles at once, a thread for each; return what the slowest of them timed."""
    if len(roles) == 1:
        return roles[0].run(count) or {}
    with concurrent.futures.ThreadPoolExecutor(len(roles)) as threads:
        futures = [threads.submit(role.run, count) for role in roles]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
        for each in futures:
            if each.done() and each.exception():
                end_with(each.exception())
        results = [each.result() for each in futures]
    return max((each for each in results if each), key=lambda each: each["seconds"])


def end_with(error: BaseException | None) -> None:
    """End the process, whatever its other threads wait for."""
    traceback.print_exception(error)
    sys.stderr.flush()
    os._exit(1)


def usage() -> Result:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "faults": used.ru_minflt}


def main(name: str, role_names: str, endpoints: str, size: str, number: str, hwm: str) -> None:
    """Set up the roles, then do what the input says."""
    signal.alarm(LIFE)
    loops = IMPLEMENTATIONS[name].load()
    context = loops.make_context()
    setting = Setting(endpoints.split(), int(size), int(number), int(hwm))
    roles = [ROLES[each](loops(context), setting) for each in role_names.split("+")]
    say(endpoints=[endpoint for role in roles for endpoint in role.endpoints])
    for line in sys.stdin:
        match line.split():
            case ["run", count]:
                say(**run_all(roles, int(count)))
            case ["usage"]:
                say(**usage())
            case _:
                raise ValueError(f"told to {line!r}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BaseException as error:
        end_with(error)
    os._exit(0)  # whatever is still in a queue, and whoever still waits
