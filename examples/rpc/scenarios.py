"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

from ..scenario import Await, Kill, Part, Scenario

NAMES = ("first", "second", "third")

FAILOVER = Scenario(
    "rpc-failover",
    "three servers of a service, of which one is killed while a client calls",
    (
        *(
            Part(
                name,
                "examples.rpc.server --bind tcp://127.0.0.1:*",
                ready=(rf"bound (?P<{name}>\S+)",),
                expect=() if name == "second" else ("stopped",),
                endless=True,
            )
            for name in NAMES
        ),
        Part(
            "client",
            "examples.rpc.client {first} {second} {third} --count {count} --pause {pause}",
            expect=("{count} numbers squared over 3 connections",),
        ),
        Await("client", ("half of the numbers are squared",)),
        Kill("second"),
    ),
    values={"count": 2000, "pause": 5},
    fast={"count": 600, "pause": 2},
)

BROKERS = ("one", "other")

BROKER = Scenario(
    "rpc-broker",
    "two brokers and three servers, of which one each is killed while a client calls",
    (
        *(
            Part(
                name,
                "zmqlite.rpc broker tcp://127.0.0.1:*",
                ready=(rf"bound (?P<{name}>\S+)",),
                endless=True,
            )
            for name in BROKERS
        ),
        *(
            Part(
                name,
                "examples.rpc.server --brokers {one},{other}",
                ready=("registered",),
                expect=() if name == "second" else ("stopped",),
                endless=True,
            )
            for name in NAMES
        ),
        Part(
            "client",
            "examples.rpc.client {one} {other} --count {count} --pause {pause}",
            expect=("{count} numbers squared over 2 connections",),
        ),
        Await("client", ("half of the numbers are squared",)),
        Kill("second"),
        Kill("other"),
    ),
    values={"count": 2000, "pause": 5},
    fast={"count": 600, "pause": 2},
)

SCENARIOS = (FAILOVER, BROKER)
