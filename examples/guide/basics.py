"""The scenarios of chapters 1 and 2, which are the same for both APIs.

The programs of a chapter are written in Python's way in its folder, and in C's own steps in
examples.capi. What they send, what they are called with and what they print is the same; so each
scenario is described once, for an API. In a mixed one some processes use the other API.

The programs say nothing about endpoints, as in C, so all of these are ports that the launcher has
kept free. Who connects before the other side is there just connects again.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from ..scenario import Part, Scenario


@dataclass(frozen=True)
class Api:
    """Where the programs of a chapter are, and what the names of its scenarios end in."""

    folder: str
    suffix: str

    def package(self, chapter: str) -> str:
        """Return the package with the programs of a chapter, `ch1` or `ch2`."""
        return self.folder.format(chapter)

    def part(
        self,
        name: str,
        command: str,
        *expect: str,
        ready: tuple[str, ...] = (),
        endless: bool = False,
    ) -> Part:
        """Return a process; its command begins as in `ch1.hwserver --delay 10`."""
        chapter, program = command.split(".", 1)
        return Part(name, f"{self.package(chapter)}.{program}", ready, expect, endless)


PYTHON = Api("examples.guide.{}", "")
C = Api("examples.capi.{}", "-c")


def mixed(name: str, summary: str, one: Scenario, other: Scenario, *taken: str) -> Scenario:
    """Return the first scenario with the processes of these names taken from the second."""
    steps = tuple(
        theirs if isinstance(theirs, Part) and theirs.name in taken else ours
        for ours, theirs in zip(one.steps, other.steps, strict=True)
    )
    return dataclasses.replace(one, name=name, summary=summary, steps=steps)


# Chapter 1


def _version(api: Api) -> Scenario:
    program = api.part("program", "ch1.version", r"libzmq has version [\d.]+")
    return Scenario(f"version{api.suffix}", "the version of libzmq", (program,))


def _hello(api: Api, number: str, summary: str, first: int, request: str) -> Scenario:
    """A server and its client; `first` is the number that the client begins with."""
    return Scenario(
        f"hello{number}{api.suffix}",
        f"Hello World: {summary}",
        (
            api.part(
                "server",
                f"ch1.hwserver{number} --bind {{port}} --delay {{delay}}",
                request,
                endless=True,
            ),
            api.part(
                "client",
                f"ch1.hwclient{number} --connect {{port}} --count {{count}}",
                f"Received World {first}",
                "Received World {last}",
            ),
        ),
        values={"count": 10, "last": 9 + first, "delay": 1000},
        fast={"delay": 0},
        ports=("port",),
    )


AVERAGE = r"Average temperature where the zip code begins with {filter}: -?\d+"


def _weather_server(api: Api) -> Part:
    return api.part("server", "ch1.wuserver --bind {server}", endless=True)


def _weather_client(api: Api, port: str) -> Part:
    options = "--filter {filter} --count {count}"
    return api.part("client", f"ch1.wuclient --connect {{{port}}} {options}", AVERAGE)


def _weather(api: Api) -> Scenario:
    return Scenario(
        f"weather{api.suffix}",
        "the weather, published and subscribed to",
        (_weather_server(api), _weather_client(api, "server")),
        values={"filter": 1, "count": 100},
        ports=("server",),
    )


def _pipeline(api: Api, name: str, summary: str, sink: str, worker: str, control: str) -> Scenario:
    """A ventilator, three workers and a sink; with a control socket the sink ends the workers."""
    return Scenario(
        f"{name}{api.suffix}",
        summary,
        (
            api.part(
                "sink",
                f"{sink} --bind {{sink}} --count {{count}} {control}",
                "(:[.]{{9}})+",
                r"Total elapsed time: \d+ msec",
                ready=("Ready for results",),
            ),
            *(
                api.part(
                    each,
                    f"{worker} --source {{source}} --sink {{sink}} {control}",
                    r"(\d+[.])+",
                    ready=("Ready for tasks",) if control else (),
                    endless=not control,
                )
                for each in ("worker-1", "worker-2", "worker-3")
            ),
            api.part(
                "ventilator",
                "ch1.taskvent --bind {source} --sink {sink} --workers 3"
                " --count {count} --longest {longest}",
                r"Total expected cost: \d+ msec",
            ),
        ),
        values={"count": 100, "longest": 100},
        fast={"longest": 12},
        ports=("source", "sink", "control"),
    )


def chapter_1(api: Api) -> tuple[Scenario, ...]:
    """Return the scenarios of the three basic patterns."""
    return (
        _version(api),
        _hello(api, "", "REQ and REP", 0, "Received Hello"),
        _hello(api, "2", "DEALER, and REP that answers first", 1, "Received Hello"),
        _hello(api, "3", "REQ with a name, and ROUTER", 1, "id: ZMQ"),
        _hello(api, "4", "DEALER with a name, and ROUTER", 1, "id: ZMQ"),
        _weather(api),
        _pipeline(
            api,
            "pipeline",
            "tasks dealt out to workers, and their results",
            "ch1.tasksink",
            "ch1.taskwork",
            "",
        ),
    )


# Chapter 2


def _several(api: Api, name: str, summary: str, program: str) -> Scenario:
    """A program that reads tasks and weather; the sink is there for the ventilator's first word."""
    return Scenario(
        f"{name}{api.suffix}",
        summary,
        (
            _weather_server(api),
            api.part(
                "sink", "ch1.tasksink --bind {sink} --count 0", r"Total elapsed time: \d+ msec"
            ),
            api.part(
                "reader",
                f"{program} --source {{source}} --weather {{server}} --filter {{filter}}"
                " --tasks {tasks} --updates {updates}",
                r"Read {tasks} tasks and \d+ updates",
            ),
            api.part(
                "ventilator",
                "ch1.taskvent --bind {source} --sink {sink} --workers 1 --count {tasks}",
                r"Total expected cost: \d+ msec",
            ),
        ),
        values={"tasks": 100, "updates": 50, "filter": 1},
        ports=("source", "sink", "server"),
    )


def _broker(api: Api, name: str, summary: str, program: str) -> Scenario:
    """Two clients, two workers, and what is between them."""
    broker = f"{program} --clients {{clients}} --workers {{workers}}"
    work = "ch2.rrworker --connect {workers} --delay {delay}"
    ask = "ch2.rrclient --connect {clients} --count {count}"
    replies = (r"Received reply 0 \[World\]", r"Received reply {last} \[World\]")
    return Scenario(
        f"{name}{api.suffix}",
        summary,
        (
            api.part("broker", broker, endless=True),
            api.part("worker-1", work, endless=True),
            api.part("worker-2", work, endless=True),
            api.part("ada", ask, *replies),
            api.part("bob", ask, *replies),
        ),
        values={"count": 10, "last": 9, "delay": 1000},
        fast={"delay": 5},
        ports=("clients", "workers"),
    )


def _weather_proxy(api: Api) -> Scenario:
    return Scenario(
        f"weather-proxy{api.suffix}",
        "the weather through a proxy for another network",
        (
            _weather_server(api),
            api.part("proxy", "ch2.wuproxy --connect {server} --bind {proxy}", endless=True),
            _weather_client(api, "proxy"),
        ),
        values={"filter": 1, "count": 100},
        ports=("server", "proxy"),
    )


def _interrupt(api: Api) -> Scenario:
    return Scenario(
        f"interrupt{api.suffix}",
        "a server that ends cleanly when it is interrupted",
        (
            api.part(
                "client",
                "ch1.hwclient --connect {port}",
                ready=("Sending Hello 0",),
                endless=True,
            ),
            api.part(
                "server",
                "ch2.interrupt --bind {port}",
                "W: interrupt received, ending",
                "W: all is closed",
                ready=("Received request: Hello",),
                endless=True,
            ),
        ),
        ports=("port",),
    )


def _threads(api: Api) -> Scenario:
    ask = "ch1.hwclient --connect {port} --count {count}"
    return Scenario(
        f"threads{api.suffix}",
        "Hello World with five clients and five threads",
        (
            api.part("server", "ch2.mtserver --bind {port} --delay {delay}", endless=True),
            *(
                api.part(client, ask, "Received World {last}")
                for client in ("ada", "bob", "cleo", "dan", "eve")
            ),
        ),
        values={"count": 10, "last": 9, "delay": 1000},
        fast={"delay": 5},
        ports=("port",),
    )


def _relay(api: Api) -> Scenario:
    program = api.part("program", "ch2.mtrelay", "Test successful!")
    return Scenario(f"relay{api.suffix}", "threads that signal each other", (program,))


def _synchronised(api: Api) -> Scenario:
    listen = "ch2.syncsub --connect {port} --sync {sync}"
    return Scenario(
        f"sync{api.suffix}",
        "a publisher that begins when its subscribers are there",
        (
            api.part(
                "publisher",
                "ch2.syncpub --bind {port} --sync {sync} --subscribers 3 --count {count}",
                "Broadcasting messages",
                ready=("Waiting for subscribers",),
            ),
            *(
                api.part(name, listen, "Received {count} updates")
                for name in ("ada", "bob", "cleo")
            ),
        ),
        values={"count": 1000000},
        fast={"count": 10000},
        ports=("port", "sync"),
        timeout=120_000,
    )


def _envelopes(api: Api) -> Scenario:
    return Scenario(
        f"envelopes{api.suffix}",
        "publications of two frames, address and contents",
        (
            api.part("publisher", "ch2.psenvpub --bind {port} --interval {interval}", endless=True),
            api.part("subscriber", "ch2.psenvsub --connect {port} --count {count}", r"\[B\] .+"),
        ),
        values={"count": 5, "interval": 1000},
        fast={"interval": 20},
        ports=("port",),
    )


def chapter_2(api: Api) -> tuple[Scenario, ...]:
    """Return the scenarios of what can be built of sockets."""
    return (
        _several(api, "reader", "tasks and weather, read in turn", "ch2.msreader"),
        _several(api, "poller", "tasks and weather, read with a poll", "ch2.mspoller"),
        _broker(api, "broker", "requests through a broker with a poll", "ch2.rrbroker"),
        _broker(api, "queue", "requests through a broker that is a proxy", "ch2.msgqueue"),
        _weather_proxy(api),
        _pipeline(
            api,
            "kill",
            "a pipeline whose sink ends the workers",
            "ch2.tasksink2",
            "ch2.taskwork2",
            "--control {control}",
        ),
        _interrupt(api),
        _threads(api),
        _relay(api),
        _synchronised(api),
        _envelopes(api),
    )
