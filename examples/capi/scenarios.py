"""The scenarios of this group: which programs run together, and what they must print.

The programs say nothing about endpoints, as in C, so all of these are ports that the launcher has
kept free. Who connects before the other side is there just connects again.
"""

from __future__ import annotations

from ..guide.basics import C, chapter_1, chapter_2
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


# Chapter 3

IDENTITY = _single(
    "identity-c", "what a ROUTER shows of its peers", "ch3.identity", r"\[005\] 00[0-9A-F]{{8}}"
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


WORKERS_REQ = _workers("rtreq-c", "a ROUTER that gives work to REQ sockets", "ch3.rtreq")
WORKERS_DEALER = _workers(
    "rtdealer-c", "a ROUTER that gives work to DEALER sockets", "ch3.rtdealer"
)

BALANCER = _single(
    "balancer-c",
    "a broker that gives requests to free workers",
    "ch3.lbbroker --clients {clients} --workers {workers}",
    "Worker: HELLO",
    "Client: OK",
    clients=10,
    workers=3,
)

# The article

ARTICLE_THREAD = _single(
    "article-thread-c",
    "the article's worker thread",
    "article.thread --count {count}",
    "Received: Hello Worker!",
    "The worker has ended",
    count=3,
)

ARTICLE_PUSH = Scenario(
    "article-push-c",
    "the article's PUSH and PULL",
    (
        _part("pusher", "article.pusher --bind {port} --count {count}", "Pushed {count} tasks"),
        _part("puller", "article.puller --connect {port} --count {count}", "Pulled task {count}"),
    ),
    values={"count": 10},
    ports=("port",),
)

ARTICLE_PUB = Scenario(
    "article-pub-c",
    "the article's PUB and SUB",
    (
        _part("publisher", "article.publisher --bind {port} --interval {interval}", endless=True),
        _part(
            "subscriber",
            "article.subscriber --connect {port} --count {count}",
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
        _part("responder", "article.responder --bind {port}", endless=True),
        _part(
            "requester",
            "article.requester --connect {port} --count {count}",
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
        _part("router", "article.router --bind {port}", endless=True),
        _part(
            "dealer",
            "article.dealer --connect {port} --count {count}",
            "Received request {count}",
        ),
    ),
    values={"count": 4},
    ports=("port",),
)

ARTICLE_DONTWAIT = _single(
    "article-dontwait-c",
    "the article's send that does not wait",
    "article.dontwait --connect {port} --hwm {hwm}",
    "Sent {hwm} messages, then: .+",
    hwm=10,
)

SCENARIOS = (
    *chapter_1(C),
    *chapter_2(C),
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
