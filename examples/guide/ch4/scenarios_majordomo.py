"""Majordomo and Titanic: requests are answered although a worker, the broker or the store dies."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario

PACKAGE = "examples.guide.ch4"


def _broker() -> Part:
    command = f"{PACKAGE}.mdbroker --bind {{port}} --heartbeat {{heartbeat}}"
    return Part("broker", command, (r"bound \S+",), endless=True)


def _worker(name: str) -> Part:
    options = "--heartbeat {heartbeat} --reconnect {heartbeat} --verbose"
    command = f"{PACKAGE}.mdworker --broker {{port}} {options}"
    return Part(name, command, (r".* connecting to \S+",), endless=True)


def _client(name: str) -> Part:
    options = "--count {count} --timeout {timeout} --tries {tries}"
    command = f"{PACKAGE}.mdclient --broker {{port}} {options}"
    return Part(name, command, ("the first request was answered",), (DONE,))


DONE = "{count} requests answered"
TIMES = {"heartbeat": 2500, "timeout": 2500, "tries": 20}
FAST = {"heartbeat": 100, "timeout": 400}

MAJORDOMO = Scenario(
    "majordomo",
    "services by name; the worker is killed, and then the broker",
    (
        _broker(),
        _worker("one"),
        _client("client"),
        Kill("one"),
        _worker("two"),
        Await("client", (DONE,)),
        _client("later"),
        Kill("broker"),
        _broker(),
    ),
    values={"count": 20_000, **TIMES},
    fast={"count": 1000, **FAST},
    ports=("port",),
)

ASYNC = Scenario(
    "majordomo-async",
    "requests to a service by name, sent without waiting for replies",
    (
        _broker(),
        _worker("one"),
        Part(
            "client",
            f"{PACKAGE}.mdclient2 --broker {{port}} --count {{count}}",
            expect=("{count} replies received",),
        ),
    ),
    values={"count": 100_000, **TIMES},
    fast={"count": 2000, **FAST},
    ports=("port",),
)


def _ask(name: str, answer: str) -> Part:
    return Part(name, f"{PACKAGE}.mmiecho --broker {{port}}", (f"echo: {answer}",))


MMI = Scenario(
    "mmi",
    "the broker tells whether there is a service",
    (
        _broker(),
        _ask("before", "404"),
        _worker("one"),
        Part("client", f"{PACKAGE}.mdclient --broker {{port}} --count 1", ("1 requests answered",)),
        _ask("with", "200"),
    ),
    values=TIMES,
    fast=FAST,
    ports=("port",),
)


def _titanic() -> Part:
    options = "--heartbeat {heartbeat} --reconnect {heartbeat} --interval {heartbeat}"
    command = f"{PACKAGE}.titanic --broker {{port}} {options}"
    return Part("titanic", command, (r"\d+ requests are waiting",), endless=True)


TITANIC = Scenario(
    "titanic",
    "a request that is answered although nobody serves it yet, and the store is killed meanwhile",
    (
        _broker(),
        _titanic(),
        Part(
            "client",
            f"{PACKAGE}.ticlient --broker {{port}} --interval {{interval}} --timeout {{timeout}}"
            " --tries {tries}",
            (r"stored as [0-9A-F]{{32}}", "pending"),
            ("reply: Hello world",),
        ),
        Kill("titanic"),
        _titanic(),
        _worker("one"),
    ),
    values={"interval": 5000, **TIMES},
    fast={"interval": 100, **FAST},
    ports=("port",),
)

SCENARIOS = (MAJORDOMO, ASYNC, MMI, TITANIC)
