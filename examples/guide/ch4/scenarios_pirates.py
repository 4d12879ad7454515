"""The Pirates: clients that get their answers although servers, workers and a queue are killed."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario

RELIABLE = "--crash 0 --stall 0 --work {work}"


def _part(name: str, command: str, *ready: str) -> Part:
    return Part(name, f"examples.guide.ch4.{command}", ready, endless=True)


def _client() -> Part:
    return Part(
        "client",
        "examples.guide.ch4.lpclient --connect {front} --timeout {timeout} --tries 10"
        " --count {count}",
        ready=("reply: 2",),
        expect=("reply: {count}",),
    )


def _queue(program: str, options: str = "") -> Part:
    command = f"{program} --frontend {{front}} --backend {{back}} {options}"
    return _part("queue", command, r"clients go to \S+", r"workers go to \S+")


LAZY = Scenario(
    "lazy-pirate",
    "a client that sends its request again until the server is back",
    (
        _part("server", f"lpserver --bind {{front}} {RELIABLE}", r"bound \S+"),
        _client(),
        Kill("server"),
        Await("client", (r"no reply to \d+, retrying",)),
        _part("server", f"lpserver --bind {{front}} {RELIABLE}", r"bound \S+"),
    ),
    values={"timeout": 2500, "work": 1000, "count": 10},
    fast={"timeout": 1000, "work": 20, "count": 50},
    ports=("front",),
)


def _simple_worker(name: str) -> Part:
    return _part(name, f"spworker --connect {{back}} {RELIABLE}")


SIMPLE = Scenario(
    "simple-pirate",
    "workers behind a queue, one of which is killed, and then all others; a new one goes on",
    (
        _queue("spqueue"),
        _simple_worker("one"),
        Await("queue", ("a worker is ready",)),
        _simple_worker("two"),
        Await("queue", ("a worker is ready",)),
        _client(),
        Kill("one"),
        Await("client", (r"no reply to \d+, retrying", r"reply: \d+")),
        Kill("two"),
        Await("client", (r"no reply to \d+, retrying",)),
        _simple_worker("three"),
    ),
    values={"timeout": 2500, "work": 1000, "count": 15},
    fast={"timeout": 1000, "work": 20, "count": 50},
    ports=("front", "back"),
)


def _paranoid_worker(name: str) -> Part:
    options = "--heartbeat {heartbeat} --reconnect {heartbeat}"
    return _part(name, f"ppworker --connect {{back}} {options} {RELIABLE}", "ready")


PARANOID = Scenario(
    "paranoid-pirate",
    "a queue and workers that miss each other's heartbeats; first a worker is killed, then it",
    (
        _queue("ppqueue", "--heartbeat {heartbeat}"),
        _paranoid_worker("one"),
        _paranoid_worker("two"),
        _client(),
        Kill("one"),
        Await("client", (r"reply: \d+",)),
        Kill("queue"),
        Await("two", (r"the queue is silent, connecting anew in \d+ ms",)),
        _queue("ppqueue", "--heartbeat {heartbeat}"),
    ),
    values={"timeout": 2500, "heartbeat": 1000, "work": 1000, "count": 15},
    fast={"timeout": 600, "heartbeat": 100, "work": 20, "count": 50},
    ports=("front", "back"),
)

TRIPPING = Scenario(
    "tripping",
    "what waiting for each reply costs",
    (
        Part(
            "tripping",
            "examples.guide.ch4.tripping --frontend {front} --backend {back}"
            " --lock-step-count {few} --at-once-count {many}",
            expect=(
                r"lock step: [1-9]\d* round trips per second",
                r"all at once: [1-9]\d* round trips per second",
            ),
        ),
    ),
    values={"few": 10_000, "many": 100_000},
    fast={"few": 500, "many": 5_000},
    ports=("front", "back"),
)

SCENARIOS = (LAZY, SIMPLE, PARANOID, TRIPPING)
