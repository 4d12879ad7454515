"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

import signal

from ..scenario import Await, Kill, Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"
BOUND = (r"bound (?P<endpoint>\S+)",)


def _part(
    name: str,
    command: str,
    *expect: str,
    ready: tuple[str, ...] = (),
    endless: bool = False,
) -> Part:
    return Part(name, f"examples.aio.{command}", ready, expect, endless)


ECHO = Scenario(
    "aio-echo",
    "a hundred clients ask an asyncio service at the same time",
    (
        _part(
            "server",
            f"echo_server --bind {ANY_PORT}",
            r"served {replies} requests",
            ready=BOUND,
            endless=True,
        ),
        _part(
            "clients",
            "echo_clients --connect {endpoint} --clients {clients}",
            "{clients} clients got {replies} of {replies} replies",
        ),
    ),
    values={"clients": 100, "replies": 1000},
)

TICKER = Scenario(
    "aio-ticker",
    "a subscriber with asyncio.timeout around each receive",
    (
        _part(
            "publisher",
            f"ticker_publisher --bind {ANY_PORT} --interval {{interval}} --pause {{pause}}",
            "published 10 prices of 2 stocks",
            ready=BOUND,
        ),
        _part(
            "subscriber",
            "ticker_subscriber --connect {endpoint} --patience {patience}",
            "nothing for {patience} ms",
            "ABC 110",
            "received 10 prices; silent at all: yes",
        ),
    ),
    values={"interval": 100, "pause": 2000, "patience": 500},
    fast={"interval": 0, "pause": 300, "patience": 50},
)

POOL_OPTIONS = "--connect {endpoint} --busy {busy}"

POOL = Scenario(
    "aio-pool",
    "pools of workers, one of which is told to end, and loses nothing",
    (
        _part(
            "manager",
            f"pool_manager --bind {ANY_PORT} --count {{count}}",
            r"all {count} tasks are done: ada \d+, bob \d+",
            ready=BOUND,
        ),
        _part("ada", f"pool ada {POOL_OPTIONS}", "ada takes no more", r"ada has done \d+ tasks"),
        _part("bob", f"pool bob {POOL_OPTIONS}", r"bob has done \d+ tasks"),
        Await("manager", (r"ada did task \d+: \d+", r"bob did task \d+: \d+")),
        Kill("ada", signal.SIGTERM),
    ),
    values={"count": 100, "busy": 200},
    fast={"count": 100, "busy": 40},
)

SCENARIOS = (ECHO, TICKER, POOL)
