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
            expect=("{count} numbers squared by 3 servers",),
        ),
        Await("client", ("half of the numbers are squared",)),
        Kill("second"),
    ),
    values={"count": 2000, "pause": 5},
    fast={"count": 600, "pause": 2},
)

SCENARIOS = (FAILOVER,)
