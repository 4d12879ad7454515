"""zmqlite.pyzmq beside pyzmq: `python -m benchmarks pyzmq`.

CPU time of the thread for each call, over inproc in one thread; rounds alternate. The answer is the
median of each and the ratio, which is above 1 where zmqlite.pyzmq is faster.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any, Final

from .command_line import rounds

MESSAGES: Final = 5000
MESSAGE: Final = bytes(16)
BARS: Final = {"send": 1.8, "recv": 0.8, "three frames": 5.0}


def main(arguments: list[str]) -> int:
    """Measure and report; return 1 if a bar was not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pyzmq", description=__doc__)
    parser.add_argument("--rounds", type=rounds, default=15)
    count = parser.parse_args(arguments).rounds
    import zmq

    import zmqlite.pyzmq

    libraries: list[Any] = [zmq, zmqlite.pyzmq]
    times: dict[str, list[list[float]]] = {name: [[], []] for name in BARS}
    calls = [calls_of(library) for library in libraries]
    for _ in range(count):
        for index, each in enumerate(calls):
            for name, call in each.items():
                times[name][index].append(cpu(call))
    met = True
    for name, bar in BARS.items():
        theirs, ours = (statistics.median(each) for each in times[name])
        met = met and theirs / ours >= bar
        print(f"{name:13} pyzmq {theirs:6.0f} ns, zmqlite.pyzmq {ours:6.0f} ns: ", end="")
        print(f"{theirs / ours:.2f} x, bar {bar} x")
    return int(not met)


def calls_of(library: Any) -> dict[str, Callable[[], None]]:
    """Return what is measured. The order matters: `recv` takes what `send` has sent."""
    context = library.Context()
    push, pull = context.socket(library.PUSH), context.socket(library.PULL)
    push.hwm = pull.hwm = push.linger = 0
    pull.bind("inproc://benchmark")
    push.connect("inproc://benchmark")
    frames = [MESSAGE] * 3

    def send() -> None:
        call = push.send
        for _ in range(MESSAGES):
            call(MESSAGE)

    def recv() -> None:
        call = pull.recv
        for _ in range(MESSAGES):
            call()

    def multipart() -> None:
        call, answer = push.send_multipart, pull.recv_multipart
        for _ in range(MESSAGES):
            call(frames)
            answer()

    return {"send": send, "recv": recv, "three frames": multipart}


def cpu(call: Callable[[], None]) -> float:
    """Return the nanoseconds of CPU that the thread needs for one message."""
    start = time.thread_time_ns()
    call()
    return (time.thread_time_ns() - start) / MESSAGES
