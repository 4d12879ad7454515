"""The scenarios of this group: which programs run together, and what they must print.

The programs say nothing about endpoints, as in C, so all of these are ports that the launcher has
kept free. Who connects before the other side is there just connects again.
"""

from __future__ import annotations

from ..scenario import Part, Scenario


def _part(
    name: str,
    command: str,
    *expect: str,
    ready: tuple[str, ...] = (),
    endless: bool = False,
) -> Part:
    return Part(name, f"examples.capi.{command}", ready, expect, endless)


def _single(name: str, summary: str, command: str, *expect: str, **values: int) -> Scenario:
    """One program that needs no other."""
    program = _part("program", command, *expect)
    return Scenario(name, summary, (program,), values=values, ports=("port",))


# Chapter 1

VERSION = _single("version-c", "the version of libzmq", "version", r"libzmq has version [\d.]+")


def _hello(number: str, summary: str, first: int, request: str) -> Scenario:
    """A server and its client; `first` is the number that the client begins with."""
    return Scenario(
        f"hello{number}-c",
        summary,
        (
            _part(
                "server",
                f"hwserver{number} --bind {{port}} --delay {{delay}}",
                request,
                endless=True,
            ),
            _part(
                "client",
                f"hwclient{number} --connect {{port}} --count {{count}}",
                f"Received World {first}",
                "Received World {last}",
            ),
        ),
        values={"count": 10, "last": 9 + first, "delay": 1000},
        fast={"delay": 0},
        ports=("port",),
    )


HELLO = (
    _hello("", "Hello World: REQ and REP", 0, "Received Hello"),
    _hello("2", "Hello World: DEALER, and REP that answers first", 1, "Received Hello"),
    _hello("3", "Hello World: REQ with a name, and ROUTER", 1, "id: ZMQ"),
    _hello("4", "Hello World: DEALER with a name, and ROUTER", 1, "id: ZMQ"),
)

LITTLE = "--filter {filter} --count {count}"
AVERAGE = r"Average temperature where the zip code begins with {filter}: -?\d+"

WEATHER = Scenario(
    "weather-c",
    "the weather, published and subscribed to",
    (
        _part("server", "wuserver --bind {port}", endless=True),
        _part("client", f"wuclient --connect {{port}} {LITTLE}", AVERAGE),
    ),
    values={"filter": 1, "count": 100},
    ports=("port",),
)


def _pipeline(name: str, summary: str, number: str, control: str) -> Scenario:
    """A ventilator, three workers and a sink; with a control socket the sink ends the workers."""
    return Scenario(
        name,
        summary,
        (
            _part(
                "sink",
                f"tasksink{number} --bind {{sink}}{control} --count {{count}}",
                "(:[.]{{9}})+",
                r"Total elapsed time: \d+ msec",
                ready=("Ready for results",),
            ),
            *(
                _part(
                    worker,
                    f"taskwork{number} --source {{source}} --sink {{sink}}{control}",
                    r"(\d+[.])+",
                    ready=("Ready for tasks",) if control else (),
                    endless=not control,
                )
                for worker in ("worker-1", "worker-2", "worker-3")
            ),
            _part(
                "ventilator",
                "taskvent --bind {source} --sink {sink} --workers 3"
                " --count {count} --longest {longest}",
                r"Total expected cost: \d+ msec",
            ),
        ),
        values={"count": 100, "longest": 100},
        fast={"longest": 12},
        ports=("source", "sink", "control"),
    )


PIPELINE = _pipeline("pipeline-c", "tasks dealt out to workers, and their results", "", "")

# Chapter 2

KILL = _pipeline(
    "kill-c", "the same, and in the end the sink ends the workers", "2", " --control {control}"
)


def _multi(name: str, summary: str, command: str) -> Scenario:
    """A program that reads tasks and weather; the sink is there for the ventilator's first word."""
    return Scenario(
        name,
        summary,
        (
            _part("weather", "wuserver --bind {weather}", endless=True),
            _part("sink", "tasksink --bind {sink} --count 0", r"Total elapsed time: \d+ msec"),
            _part(
                "reader",
                f"{command} --source {{source}} --weather {{weather}} --filter {{filter}}"
                " --tasks {tasks} --updates {updates}",
                r"Read {tasks} tasks and \d+ updates",
            ),
            _part(
                "ventilator",
                "taskvent --bind {source} --sink {sink} --workers 1 --count {tasks}",
                r"Total expected cost: \d+ msec",
            ),
        ),
        values={"tasks": 100, "updates": 50, "filter": 1},
        ports=("source", "sink", "weather"),
    )


READER = _multi("reader-c", "tasks and weather, read in turn", "msreader")
POLLER = _multi("poller-c", "tasks and weather, with zmq_poll", "mspoller")


def _broker(name: str, summary: str, command: str) -> Scenario:
    """Two clients, two workers, and what is between them."""
    ask = "rrclient --connect {clients} --count {count}"
    work = "rrworker --connect {workers} --delay {delay}"
    return Scenario(
        name,
        summary,
        (
            _part("broker", f"{command} --clients {{clients}} --workers {{workers}}", endless=True),
            _part("worker-1", work, endless=True),
            _part("worker-2", work, endless=True),
            _part("ada", ask, r"Received reply 0 \[World\]", r"Received reply {last} \[World\]"),
            _part("bob", ask, r"Received reply 0 \[World\]", r"Received reply {last} \[World\]"),
        ),
        values={"count": 10, "last": 9, "delay": 1000},
        fast={"delay": 5},
        ports=("clients", "workers"),
    )


BROKER = _broker("broker-c", "requests through a broker, frame by frame", "rrbroker")
QUEUE = _broker("queue-c", "requests through a broker, by zmq_proxy", "msgqueue")

WEATHER_PROXY = Scenario(
    "weather-proxy-c",
    "the weather through a proxy for another network",
    (
        _part("server", "wuserver --bind {server}", endless=True),
        _part("proxy", "wuproxy --connect {server} --bind {proxy}", endless=True),
        _part("client", f"wuclient --connect {{proxy}} {LITTLE}", AVERAGE),
    ),
    values={"filter": 1, "count": 100},
    ports=("server", "proxy"),
)

INTERRUPT = Scenario(
    "interrupt-c",
    "a server that ends cleanly when it is interrupted",
    (
        _part("client", "hwclient --connect {port}", ready=("Sending Hello 0",), endless=True),
        _part(
            "server",
            "interrupt --bind {port}",
            "W: interrupt received, ending",
            "W: all is closed",
            ready=("Received request: Hello",),
            endless=True,
        ),
    ),
    ports=("port",),
)

THREADS = Scenario(
    "threads-c",
    "Hello World with five clients and five threads",
    (
        _part("server", "mtserver --bind {port} --delay {delay}", endless=True),
        *(
            _part(client, "hwclient --connect {port} --count {count}", "Received World {last}")
            for client in ("ada", "bob", "cleo", "dan", "eve")
        ),
    ),
    values={"count": 10, "last": 9, "delay": 1000},
    fast={"delay": 5},
    ports=("port",),
)

RELAY = _single("relay-c", "threads that signal each other", "mtrelay", "Test successful!")

SYNCHRONISED = Scenario(
    "sync-c",
    "a publisher that begins when its subscribers are there",
    (
        _part(
            "publisher",
            "syncpub --bind {port} --sync {sync} --subscribers 3 --count {count}",
            "Broadcasting messages",
            ready=("Waiting for subscribers",),
        ),
        *(
            _part(name, "syncsub --connect {port} --sync {sync}", "Received {count} updates")
            for name in ("ada", "bob", "cleo")
        ),
    ),
    values={"count": 1000000},
    fast={"count": 10000},
    ports=("port", "sync"),
    timeout=120_000,
)

ENVELOPES = Scenario(
    "envelopes-c",
    "publications of two frames, address and contents",
    (
        _part("publisher", "psenvpub --bind {port} --interval {interval}", endless=True),
        _part("subscriber", "psenvsub --connect {port} --count {count}", r"\[B\] .+"),
    ),
    values={"count": 5, "interval": 1000},
    fast={"interval": 20},
    ports=("port",),
)

# Chapter 3

IDENTITY = _single(
    "identity-c", "what a ROUTER shows of its peers", "identity", r"\[005\] 00[0-9A-F]{{8}}"
)


def _workers(name: str, summary: str, command: str) -> Scenario:
    """A broker and its workers, in threads."""
    return Scenario(
        name,
        summary,
        (
            _part(
                "program",
                f"{command} --bind {{port}} --connect {{port}}"
                " --duration {duration} --longest {longest}",
                r"Completed: \d+ tasks",
            ),
        ),
        values={"duration": 5000, "longest": 500},
        fast={"duration": 500, "longest": 50},
        ports=("port",),
    )


WORKERS_REQ = _workers("rtreq-c", "a ROUTER that gives work to REQ sockets", "rtreq")
WORKERS_DEALER = _workers("rtdealer-c", "a ROUTER that gives work to DEALER sockets", "rtdealer")

BALANCER = _single(
    "balancer-c",
    "a broker that gives requests to free workers",
    "lbbroker --clients {clients} --workers {workers}",
    "Worker: HELLO",
    "Client: OK",
    clients=10,
    workers=3,
)

# The article

ARTICLE_THREAD = _single(
    "article-thread-c",
    "the article's worker thread",
    "article_thread --count {count}",
    "Received: Hello Worker!",
    "The worker has ended",
    count=3,
)

ARTICLE_PUSH = Scenario(
    "article-push-c",
    "the article's PUSH and PULL",
    (
        _part("pusher", "article_pusher --bind {port} --count {count}", "Pushed {count} tasks"),
        _part("puller", "article_puller --connect {port} --count {count}", "Pulled task {count}"),
    ),
    values={"count": 10},
    ports=("port",),
)

ARTICLE_PUB = Scenario(
    "article-pub-c",
    "the article's PUB and SUB",
    (
        _part("publisher", "article_publisher --bind {port} --interval {interval}", endless=True),
        _part(
            "subscriber",
            "article_subscriber --connect {port} --count {count}",
            r"Received weather\.london temperature:\d+",
        ),
    ),
    values={"count": 5, "interval": 1000},
    fast={"interval": 20},
    ports=("port",),
)

ARTICLE_REQ = Scenario(
    "article-req-c",
    "the article's REQ and REP",
    (
        _part("responder", "article_responder --bind {port}", endless=True),
        _part(
            "requester",
            "article_requester --connect {port} --count {count}",
            "request {count} -> REQUEST {count}",
        ),
    ),
    values={"count": 3},
    ports=("port",),
)

ARTICLE_ROUTER = Scenario(
    "article-router-c",
    "the article's DEALER and ROUTER",
    (
        _part("router", "article_router --bind {port}", endless=True),
        _part(
            "dealer",
            "article_dealer --connect {port} --count {count}",
            "Received request {count}",
        ),
    ),
    values={"count": 4},
    ports=("port",),
)

ARTICLE_DONTWAIT = _single(
    "article-dontwait-c",
    "the article's send that does not wait",
    "article_dontwait --connect {port} --hwm {hwm}",
    "Sent {hwm} messages, then: .+",
    hwm=10,
)

SCENARIOS = (
    VERSION,
    *HELLO,
    WEATHER,
    PIPELINE,
    READER,
    POLLER,
    BROKER,
    QUEUE,
    WEATHER_PROXY,
    KILL,
    INTERRUPT,
    THREADS,
    RELAY,
    SYNCHRONISED,
    ENVELOPES,
    IDENTITY,
    WORKERS_REQ,
    WORKERS_DEALER,
    BALANCER,
    ARTICLE_THREAD,
    ARTICLE_PUSH,
    ARTICLE_PUB,
    ARTICLE_REQ,
    ARTICLE_ROUTER,
    ARTICLE_DONTWAIT,
)
