"""Clone: a table that clients share, and that is the same everywhere; six models, each has more."""

from __future__ import annotations

from ...scenario import Await, Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"
SNAPSHOTS = r"bound (?P<snapshots>\S+) for snapshots"
UPDATES = r"bound (?P<updates>\S+) for updates"
COLLECTOR = r"bound (?P<collector>\S+) as collector"
SERVER = "--snapshots {snapshots} --updates {updates} --collector {collector}"

BRIEF = "--keys 1000000000 --count {count} --last {last}"
"""So many keys that none comes twice: then each change has one update, and its end another."""


def _server(model: int, options: str = "") -> Part:
    command = f"examples.guide.ch5.clonesrv{model} --snapshots {ANY_PORT} --updates {ANY_PORT}"
    if model == 2:
        return Part("server", f"{command} {options}", (SNAPSHOTS, UPDATES), endless=True)
    ready = (SNAPSHOTS, UPDATES, COLLECTOR)
    return Part("server", f"{command} --collector {ANY_PORT} {options}", ready, endless=True)


def _client(name: str, model: int, options: str, *ready: str) -> Part:
    command = f"examples.guide.ch5.clonecli{model} {SERVER} --interval {{interval}} {options}"
    return Part(name, command, ready)


CLONE_1 = Scenario(
    "clone1",
    "a table that clients have, too, as far as it has changed since they came",
    (
        Part(
            "server",
            f"examples.guide.ch5.clonesrv1 --bind {ANY_PORT} --interval {{interval}}",
            (r"bound (?P<updates>\S+)",),
            endless=True,
        ),
        *(
            Part(
                name,
                "examples.guide.ch5.clonecli1 --connect {updates} --count {count}",
                (r"following from update \d+",),
            )
            for name in ("early", "late")
        ),
    ),
    values={"interval": 10, "count": 300},
    fast={"interval": 1, "count": 200},
)

CLONE_2 = Scenario(
    "clone2",
    "clients that come late get a snapshot of the table",
    (
        _server(2, "--interval {interval} --count {last}"),
        *(
            Part(
                name,
                "examples.guide.ch5.clonecli2 --snapshots {snapshots} --updates {updates}"
                " --last {last}",
                ("snapshot: .*",),
            )
            for name in ("early", "late")
        ),
    ),
    values={"interval": 10, "last": 500},
    fast={"interval": 1, "last": 500},
)

CLONE_3 = Scenario(
    "clone3",
    "clients that change the table they share",
    (
        _server(3),
        _client("early", 3, "--count {count} --last {last}", "update 3: .*"),
        _client("late", 3, "--count {count} --last {last}"),
    ),
    values={"interval": 1000, "count": 10, "last": 20},
    fast={"interval": 10, "count": 30, "last": 60},
)

CLONE_4 = Scenario(
    "clone4",
    "clients that share a subtree of the table",
    (
        _server(4),
        _client("other", 4, "--subtree /other/ --count 5 --last 5", "5 pairs at update 5, .*"),
        _client("early", 4, "--count {count} --last {last}", "update 8: .*"),
        _client("late", 4, "--count {count} --last {last}"),
        Await("late", (r"\d+ pairs at update {last}, .*",)),
        _client("all", 4, "--subtree= --last {last}"),
    ),
    values={"interval": 1000, "count": 10, "last": 25},
    fast={"interval": 10, "count": 30, "last": 65},
)

KEY_VALUE = Scenario(
    "kvmsg",
    "the messages that Clone sends, tested by themselves",
    tuple(
        Part(name, f"examples.guide.ch5.{name} --verbose", ("OK",))
        for name in ("tstkvsimple", "tstkvmsg")
    ),
)

CLONE_5 = Scenario(
    "clone5",
    "values that have an end, after which they are gone everywhere",
    (
        _server(5, "--flush {flush}"),
        _client("short", 5, f"{BRIEF} --shortest 1 --longest {{longest}}", "update 3: .*"),
        _client("long", 5, f"{BRIEF} --shortest 0 --longest 0"),
    ),
    values={"interval": 1000, "flush": 1000, "longest": 5, "count": 5, "last": 15},
    fast={"interval": 10, "flush": 50, "longest": 1, "count": 5, "last": 15},
)

SCENARIOS = (KEY_VALUE, CLONE_1, CLONE_2, CLONE_3, CLONE_4, CLONE_5)
