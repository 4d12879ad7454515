"""Publish-subscribe watched from within, with late subscribers, and with slow ones."""

from __future__ import annotations

from ...scenario import Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"


def _part(name: str, command: str, *ready: str, endless: bool = True) -> Part:
    return Part(name, f"examples.guide.ch5.{command}", ready, endless=endless)


ESPRESSO = Scenario(
    "espresso",
    "all that passes a proxy between publisher and subscriber, subscriptions included",
    (
        _part(
            "program",
            "espresso --publisher {source} --frontend {source} --backend {sink} --subscriber {sink}"
            " --interval {interval}",
            r"\[002\] 0041",
            r"\[002\] 0042",
        ),
    ),
    values={"interval": 100},
    fast={"interval": 5},
    ports=("source", "sink"),
)

PATHOLOGICAL = Scenario(
    "pathological",
    "a subscriber that comes late, and misses what the first one gets",
    (
        _part("early", "pathosub --connect {port} --topic 001", "subscribed to 001"),
        _part(
            "publisher",
            "pathopub --bind {port} --topics 3 --settle {settle} --interval {interval}",
            "published on 3 topics",
        ),
        _part("late", "pathosub --connect {port} --topic 001", "Off with his head!"),
    ),
    values={"settle": 1000, "interval": 300},
    fast={"settle": 500, "interval": 10},
    ports=("port",),
)

LVCACHE = Scenario(
    "lvcache",
    "a last value cache: who comes late gets the latest message of its topic",
    (
        _part(
            "cache", f"lvcache --publisher {{source}} --bind {ANY_PORT}", r"bound (?P<cache>\S+)"
        ),
        _part(
            "publisher",
            "pathopub --bind {source} --topics 3 --settle {settle} --interval 1000000",
            "published on 3 topics",
        ),
        _part("bob", "pathosub --connect {cache} --topic 001", "Save Roger"),
        _part("eve", "pathosub --connect {cache} --topic 001", "Save Roger"),
        _part("joe", "pathosub --connect {cache} --topic 002", "Save Roger"),
    ),
    values={"settle": 1000},
    fast={"settle": 500},
    ports=("source",),
)

SUISNAIL = Scenario(
    "suisnail",
    "a subscriber that is too slow, notices it and ends itself",
    (
        Part(
            "program",
            "examples.guide.ch5.suisnail --bind {port} --connect {port} --work {work}"
            " --max-delay {max_delay}",
            expect=(r"the subscriber is \d+ ms late, and gives up",),
        ),
    ),
    values={"work": 2, "max_delay": 1000},
    fast={"work": 10, "max_delay": 200},
    ports=("port",),
)

SCENARIOS = (ESPRESSO, PATHOLOGICAL, LVCACHE, SUISNAIL)
