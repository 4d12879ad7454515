"""The scenarios of this chapter: which programs run together, and what they must print."""

from __future__ import annotations

from ...scenario import Await, Kill, Part, Scenario


def _part(name: str, command: str, *expect: str, endless: bool = False) -> Part:
    return Part(name, f"examples.guide.ch3.{command}", expect=expect, endless=endless)


def _single(
    name: str, summary: str, options: str, *expect: str, fast: dict[str, int], **values: int
) -> Scenario:
    """One program that needs no other, and is called as its scenario."""
    program = _part("program", f"{name} {options}", *expect)
    return Scenario(name, summary, (program,), values=values, fast=fast, ports=("port",))


PORT = "--bind {port} --connect {port}"

IDENTITY = _single(
    "identity", "the routing ids that a ROUTER sees", "", r"\[005\] PEER2", r"\[000\] ", fast={}
)


def _fired(name: str, workers: str) -> Scenario:
    return _single(
        name,
        f"a ROUTER that gives work to {workers} sockets when they ask for it",
        f"{PORT} --duration {{duration}} --longest {{longest}}",
        r"Completed: \d+ tasks",
        duration=5000,
        longest=500,
        fast={"duration": 200, "longest": 20},
    )


RTREQ = _fired("rtreq", "REQ")
RTDEALER = _fired("rtdealer", "DEALER")

LBBROKER = _single(
    "lbbroker",
    "load balanced over the workers that are free",
    "",
    "Worker: HELLO",
    "Client: OK",
    fast={},
)

LBBROKER2 = _single(
    "lbbroker2",
    "the same, with clients and workers that are actors",
    "",
    "Worker: HELLO",
    "Client: OK",
    fast={},
)


def _for_ever(name: str, summary: str) -> Scenario:
    return Scenario(
        name,
        summary,
        (
            _part("program", f"{name} --interval {{interval}}", endless=True),
            # Ten clients, so this takes more than a round.
            *[Await("program", ("Worker: HELLO", "Client: OK"))] * 20,
        ),
        values={"interval": 1000},
        fast={"interval": 20},
    )


LBBROKER3 = _for_ever("lbbroker3", "load balanced by the handlers of a reactor")
LBBROKER3_ASYNCIO = _for_ever("lbbroker3_asyncio", "load balanced by coroutines")

ASYNCSRV = _single(
    "asyncsrv",
    "requests sent without waiting, and any number of replies",
    f"{PORT} --duration {{duration}} --interval {{interval}} --longest {{longest}}",
    r"\S+ got request #\d+",
    duration=5000,
    interval=1000,
    longest=1000,
    fast={"duration": 500, "interval": 50, "longest": 10},
)

PEERING1 = Scenario(
    "peering1",
    "brokers that tell each other how many workers are free",
    (
        _part("DC1", "peering1 DC1 DC2 DC3 --interval {interval}", endless=True),
        _part("DC2", "peering1 DC2 DC3 DC1 --interval {interval}", endless=True),
        _part("DC3", "peering1 DC3 DC1 DC2 --interval {interval}", endless=True),
        *(
            Await(name, tuple(rf"{peer} - \d workers free" for peer in peers))
            for _ in range(2)
            for name, peers in (
                ("DC1", ("DC2", "DC3")),
                ("DC2", ("DC3", "DC1")),
                ("DC3", ("DC1", "DC2")),
            )
        ),
    ),
    values={"interval": 1000},
    fast={"interval": 50},
)

PEERING2 = Scenario(
    "peering2",
    "brokers that share requests, until one is killed",
    (
        _part("DC1", "peering2 DC1 DC2 --pause {pause}", endless=True),
        _part("DC2", "peering2 DC2 DC1 --pause {pause}", endless=True),
        Await("DC1", ("Client: OK", "Worker: HELLO", "Worker: HELLO from DC2")),
        Await("DC2", ("Client: OK", "Worker: HELLO", "Worker: HELLO from DC1")),
        Kill("DC2"),
    ),
    values={"pause": 1000},
    fast={"pause": 20},
)

TASK = "[0-9A-F]{{4}}"
TIMES = "--busy {busy} --pause {pause}"

PEERING3 = Scenario(
    "peering3",
    "brokers that share requests when they have no worker free; one is killed",
    (
        _part("DC1", f"peering3 DC1 DC2 {TIMES}", endless=True),
        _part("DC2", f"peering3 DC2 DC1 {TIMES}", endless=True),
        Await("DC1", (TASK,)),
        Await("DC2", (TASK,)),
        Kill("DC2"),
        Await("DC1", (TASK,)),
    ),
    values={"busy": 1000, "pause": 4000},
    fast={"busy": 20, "pause": 50},
    timeout=60_000,
)

SCENARIOS = (
    IDENTITY,
    RTREQ,
    RTDEALER,
    LBBROKER,
    LBBROKER2,
    LBBROKER3,
    LBBROKER3_ASYNCIO,
    ASYNCSRV,
    PEERING1,
    PEERING2,
    PEERING3,
)
