"""Clone: a table that clients share, and that is the same everywhere; six models, each has more."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"
SNAPSHOTS = r"bound (?P<snapshots>\S+) for snapshots"
UPDATES = r"bound (?P<updates>\S+) for updates"
COLLECTOR = r"bound (?P<collector>\S+) as collector"
SERVER = "--snapshots {snapshots} --updates {updates} --collector {collector}"

BRIEF = "--keys 1000000000 --count {count} --last {last}"
"""So many keys that none comes twice: then each change has one update, and its end another."""

STARS = ("primary", "backup")
MADE = r"all changes are made, (\d+) of \1 values are there"
PORTS = ("", "_updates", "_collector", "_state")


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
    fast={"interval": 2, "last": 500},
)

CLONE_3 = Scenario(
    "clone3",
    "clients that change the table they share",
    (
        _server(3),
        _client("early", 3, "--count {count} --last {last}", "update 3: .*"),
        _client("late", 3, "--count {count} --last {last}"),
    ),
    values={"interval": 500, "count": 10, "last": 20},
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
    values={"interval": 500, "count": 10, "last": 25},
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


def _star(role: str, peer: str, *ready: str) -> Part:
    command = (
        f"examples.guide.ch5.clonesrv6 {role} --snapshots {{{role}}} --updates {{{role}_updates}}"
        f" --collector {{{role}_collector}} --local {{{role}_state}} --remote {{{peer}_state}}"
        f" --peer-snapshots {{{peer}}} --peer-updates {{{peer}_updates}}"
        " --heartbeat {heartbeat} --flush {flush} --silence {silence}"
    )
    return Part(role, command, ready, endless=True)


def _sharer(name: str, options: str, *ready: str) -> Part:
    servers = " ".join(f"{{{each}}},{{{each}_updates}},{{{each}_collector}}" for each in STARS)
    command = (
        f"examples.guide.ch5.clonecli6 {servers} --name {name} --keys {{keys}} --longest 0"
        f" --interval {{interval}} --silence {{silence}} {options}"
    )
    return Part(name, command, ready, endless=True)


CLONE_6 = Scenario(
    "clone6",
    "two servers, of which one takes over when the other dies, and the table stays",
    (
        _star("primary", "backup", r"bound \S+"),
        _star("backup", "primary", ".*now passive", "snapshot: 0 pairs .*"),
        _sharer("joe", "--count {count}"),
        _sharer("eve", "--count {count}", r"update \d+: /client/eve/.*"),
        Await("joe", (r"update \d+: /client/joe/.*",)),
        Kill("primary"),
        Await("joe", ("snapshot: .*", MADE)),
        Await("eve", ("snapshot: .*", MADE)),
        _star("primary", "backup", ".*now passive", "snapshot: .*"),
        _sharer("ann", "--count {count}", r"update \d+: /client/ann/.*"),
        Kill("backup"),
        Await("ann", ("snapshot: .*", MADE)),
        Await("joe", ("snapshot: .*",)),
        Await("eve", ("snapshot: .*",)),
        _sharer("last", "--count 1", "snapshot: .*", MADE),
        Await("joe", (r"update \d+: /client/last/.*",)),
        Await("eve", (r"update \d+: /client/last/.*",)),
        Await("ann", (r"update \d+: /client/last/.*",)),
    ),
    values={
        "heartbeat": 1000,
        "flush": 1000,
        "silence": 5000,
        "interval": 1000,
        "count": 15,
        "keys": 10,
    },
    fast={
        "heartbeat": 100,
        "flush": 100,
        "silence": 500,
        "interval": 20,
        "count": 50,
        "keys": 30,
    },
    ports=tuple(f"{each}{port}" for each in STARS for port in PORTS),
    timeout=60_000,
)

SCENARIOS = (KEY_VALUE, CLONE_1, CLONE_2, CLONE_3, CLONE_4, CLONE_5, CLONE_6)
