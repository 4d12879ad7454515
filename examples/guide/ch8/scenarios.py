"""The scenarios of this chapter: which programs run together, and what they must print.

They stay on this host. The first process takes a port that is free, and the others take the same.
"""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario

INTERVAL = "--interval {interval}"
BOUND = (r"bound port (?P<port>\d+)",)
PEER = r"found peer 127\.0\.0\.1:{port}"


def _part(name: str, command: str, ready: tuple[str, ...] = ()) -> Part:
    return Part(name, f"examples.guide.ch8.{command}", ready, endless=True)


def _pinging(name: str, summary: str, network: str) -> Scenario:
    return Scenario(
        name,
        summary,
        (
            _part("ada", f"{name} --port 0 {network} {INTERVAL}", BOUND),
            _part("bob", f"{name} --port {{port}} {network} {INTERVAL}"),
            Await("ada", ("pinging peers", PEER)),
            Await("bob", ("pinging peers", PEER)),
        ),
        values={"interval": 1000},
        fast={"interval": 20},
    )


UDPPING1 = _pinging(
    "udpping1", "pings of peers by UDP, with a plain socket", "--broadcast 127.255.255.255"
)
UDPPING2 = _pinging("udpping2", "the same with a class for the socket", "--interface lo")

JOINED = (r"\[006\] JOINED", r"\[032\] [0-9A-F]{{32}}")
NODE = f"--interface lo {INTERVAL} --expiry {{expiry}}"
UDPPING3 = Scenario(
    "udpping3",
    "peers that come and go, one of them killed",
    (
        _part("ada", f"udpping3 --port 0 {NODE}", BOUND),
        _part("bob", f"udpping3 --port {{port}} {NODE}"),
        Await("ada", JOINED),
        Await("bob", JOINED),
        Kill("bob"),
        Await("ada", (r"\[004\] LEFT", JOINED[1])),
    ),
    values={"interval": 1000, "expiry": 5000},
    fast={"interval": 50, "expiry": 1000},
)

SCENARIOS = (UDPPING1, UDPPING2, UDPPING3)
