"""Run a scenario of the tests' own under the launcher: python own.py NAME."""

import signal
import sys

from examples.launcher import run
from examples.scenario import Await, Kill, Part, Scenario, Step, Type

UP = ("up",)
FIRST, LAST = Part("first", "forever", ready=UP), Part("last", "forever")
IT = Part("it", "forever", ready=UP, endless=True)
WILLING = Part("it", "willing", ready=UP, endless=True)
OTHER = Part("other", "forever", ready=UP)
SHORT = Part("short", "ending done")


def bad(command: str, ready: tuple[str, ...] = (), *expect: str) -> tuple[Step, ...]:
    return FIRST, Part("bad", f"ending {command}", ready, expect), LAST


STEPS: dict[str, tuple[Step, ...]] = {
    # What fails
    "exit": bad("exit"),
    "exception": bad("raise"),
    "signal": bad("kill"),
    "expect": bad("done 1", (), r"done \d\d"),
    "ready": bad("ready?", UP),
    "willing": (Part("first", "forever"),),
    "unwilling": (Part("first", "forever unwilling"),),
    "interrupted": (IT, Part("short", "ending")),
    "before": (OTHER, IT, Kill("it"), Await("other", UP)),
    "awaited": (SHORT, Await("short", ("more",))),
    # What goes well
    "killed": (WILLING, Kill("it"), WILLING),
    "terminated": (WILLING, Kill("it", signal.SIGTERM), WILLING),
    "in turn": (
        Part("count", "ending count"),
        Await("count", (r"number 3", r"number \d")),
        Await("count", (r"number [{first}-9]",)),
    ),
    "at once": (
        Part("other", "noticing"),
        Part("it", "leaving", ready=UP),
        Kill("it", signal.SIGTERM),
        Await("other", ("noticed",)),
    ),
    "typed": (
        Part("echo", "ending echo"),
        Type("echo", "one"),
        Await("echo", ("echo one",)),
        Type("echo", "number {first}"),
        Await("echo", ("echo number 4",)),
    ),
    "too late": (Part("it", "forever", ready=UP), Kill("it"), Type("it", "too late")),
    "talk": (Part("talk", "ending talk", expect=("x+", "", "half")),),
}
TIMEOUTS = {"willing": 500, "unwilling": 500, "before": 1000}

if __name__ == "__main__":
    name = sys.argv[1]
    timeout = TIMEOUTS.get(name, 60_000)
    sys.exit(run(Scenario("own", "", STEPS[name], {"first": 4}, timeout=timeout)))
