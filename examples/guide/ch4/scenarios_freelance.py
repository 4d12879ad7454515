"""Freelance: clients that know several servers, some of which are dead or die."""

from __future__ import annotations

from ...scenario import Kill, Part, Scenario

ANSWERED = ("the first request was answered",)
ALL = r"{count} requests were answered, in \d+ us on average"


def _part(name: str, command: str, *expect: str, ready: tuple[str, ...] = ()) -> Part:
    return Part(name, f"examples.guide.ch4.{command}", ready, expect)


def _server(name: str, command: str) -> Part:
    return Part(name, f"examples.guide.ch4.{command}", (r"bound \S+",), endless=True)


def _mid_run(name: str, summary: str, servers: tuple[Part, ...], client: str) -> Scenario:
    """Kill the first server after the first request of many."""
    return Scenario(
        name,
        summary,
        (
            *servers,
            _part("client", f"{client} --count {{count}} --interval 5", ALL, ready=ANSWERED),
            Kill("first"),
        ),
        values={"count": 1000},
        fast={"count": 100},
        ports=("one", "two", "three"),
    )


FREELANCE_1 = Scenario(
    "freelance1",
    "one server after the other is asked, until one answers",
    (
        _server("second", "flserver1 {two}"),
        _part(
            "client",
            "flclient1 {one} {two} --timeout {timeout}",
            "no reply from {one}",
            "{two} replied: Hello world",
        ),
    ),
    values={"timeout": 1000},
    fast={"timeout": 500},
    ports=("one", "two"),
)

FREELANCE_2 = _mid_run(
    "freelance2",
    "all servers are asked at once, and one of them is killed",
    (_server("first", "flserver2 {one}"), _server("second", "flserver2 {two}")),
    "flclient2 {one} {two} {three}",
)

FREELANCE_3 = _mid_run(
    "freelance3",
    "a server that answers is asked until it is killed, and then the next one",
    (
        _server("first", "flserver3 --bind {one} --endpoint {one}"),
        _server("second", "flserver3 --bind {two} --endpoint {two}"),
    ),
    "flclient3 {one} {two} {three}",
)

SCENARIOS = (FREELANCE_1, FREELANCE_2, FREELANCE_3)
