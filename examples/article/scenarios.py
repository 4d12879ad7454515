"""The scenarios of this group: which programs run together, and what they must print."""

from __future__ import annotations

from ..scenario import Part, Scenario

ANY_PORT = "tcp://127.0.0.1:*"
BOUND = (r"bound (?P<endpoint>\S+)",)


def _part(
    name: str,
    command: str,
    *expect: str,
    ready: tuple[str, ...] = (),
    endless: bool = False,
) -> Part:
    return Part(name, f"examples.article.{command}", ready, expect, endless)


def _request_reply(name: str, summary: str, endpoint: str) -> Scenario:
    ask = "requester --connect {endpoint} --count {count} --interval {interval} --name"
    return Scenario(
        name,
        summary,
        (
            _part(
                "responder",
                f"responder --bind {endpoint}",
                "served {total} requests",
                ready=BOUND,
                endless=True,
            ),
            _part("ada", f"{ask} ada", "hello {count} from ada -> HELLO {count} FROM ADA"),
            _part("bob", f"{ask} bob", "hello {count} from bob -> HELLO {count} FROM BOB"),
        ),
        values={"count": 5, "total": 10, "interval": 300},
        fast={"interval": 0},
    )


FEED = Scenario(
    "feed",
    "a feed of messages from a publisher to a subscriber",
    (
        _part(
            "publisher",
            f"feed_publisher --bind {ANY_PORT} --count {{count}} --interval {{interval}}",
            "published {count} messages",
            ready=BOUND,
        ),
        _part(
            "subscriber",
            "feed_subscriber --connect {endpoint}",
            "received {count} messages",
        ),
    ),
    values={"count": 10, "interval": 200},
    fast={"interval": 0},
)

THREAD_C = Scenario(
    "thread-c",
    "a worker thread over inproc, step by step as in C",
    (
        _part(
            "program",
            "thread_c --count {count}",
            "worker received: message {count}",
            "main: the worker has ended",
        ),
    ),
    values={"count": 5},
)

THREAD_PYTHON = Scenario(
    "thread-python",
    "worker threads over inproc, with `with` and `for`",
    (
        _part(
            "program",
            "thread_python --count {count}",
            "squares: 1 4 9 .*",
            "2 workers have ended",
        ),
    ),
    values={"count": 10},
)

PUSH_PULL = Scenario(
    "push-pull",
    "tasks dealt out to three workers in turn",
    (
        _part(
            "pusher",
            f"pusher --bind {ANY_PORT} --count {{count}} --pullers 3",
            "pushed {count} tasks",
            ready=BOUND,
        ),
        *(
            _part(name, "puller --connect {endpoint} --work {work}", "did {each} tasks")
            for name in ("puller-1", "puller-2", "puller-3")
        ),
    ),
    values={"count": 12, "each": 4, "work": 500},
    fast={"work": 5},
)

PUB_SUB = Scenario(
    "pub-sub",
    "readings under topics, and what a subscription matches",
    (
        _part(
            "publisher",
            f"topic_publisher --bind {ANY_PORT} --rounds {{rounds}} --interval {{interval}}"
            " --subscriptions 4",
            ready=BOUND,
        ),
        _part(
            "prefix",
            "topic_subscriber --connect {endpoint} weather.london",
            "received by topic: weather.london. {rounds}, weather.londonderry. {rounds}",
        ),
        _part(
            "exact",
            "topic_subscriber --connect {endpoint} weather.london.",
            "received by topic: weather.london. {rounds}",
        ),
        _part(
            "two",
            "topic_subscriber --connect {endpoint} weather.paris. traffic.",
            "received by topic: weather.paris. {rounds}, traffic.london. {rounds}",
        ),
    ),
    values={"rounds": 5, "interval": 500},
    fast={"interval": 0},
)

REQ_REP = _request_reply(
    "req-rep", "requests of two clients, each with its reply in lock-step", ANY_PORT
)

REQ_REP_IPC = _request_reply(
    "req-rep-ipc", "the same two programs over ipc, by another endpoint", "ipc://upper.ipc"
)

DEALER_ROUTER = Scenario(
    "dealer-router",
    "jobs of several clients at once, answered as they are done",
    (
        _part("router", f"router --bind {ANY_PORT}", ready=BOUND, endless=True),
        *(
            _part(
                client,
                f"dealer --connect {{endpoint}} --longest {{longest}}{name}",
                "results in this order: short middle long",
            )
            for client, name in (("ada", " --name ada"), ("bob", " --name bob"), ("nameless", ""))
        ),
    ),
    values={"longest": 2000},
    fast={"longest": 300},
)

HWM_PUSH = Scenario(
    "hwm-push",
    "a full queue: PUSH refuses a send that must not wait",
    (
        _part(
            "pusher",
            "hwm_pusher --connect {port} --hwm {hwm} --count {count}",
            "sent {count} messages",
            ready=("message {refused} was refused, the queue is full",),
        ),
        _part(
            "puller",
            "hwm_puller --bind {port}",
            "received {count} messages, in order, none missing",
        ),
    ),
    values={"hwm": 10, "refused": 11, "count": 25},
    ports=("port",),
)

HWM_PUB = Scenario(
    "hwm-pub",
    "a full queue: PUB drops for a slow subscriber",
    (
        _part(
            "publisher",
            f"hwm_publisher --bind {ANY_PORT} --count {{count}}",
            "published {count} messages, none was refused",
            ready=BOUND,
        ),
        _part(
            "subscriber",
            "hwm_subscriber --connect {endpoint} --work {work}",
            r"received \d+ messages, [1-9]\d* were dropped",
        ),
    ),
    values={"count": 1000, "work": 30},
    fast={"work": 5},
)

LOGGING = Scenario(
    "logging",
    "a logging system: collected with PUSH/PULL, errors told with PUB/SUB",
    (
        _part(
            "collector",
            f"log_collector --records {ANY_PORT} --events {ANY_PORT} --services 3",
            "collected 30 records: 6 error, 24 info",
            ready=(r"records go to (?P<records>\S+)", r"events come from (?P<events>\S+)"),
        ),
        _part("pager", "log_pager --connect {events}", "paged 6 times"),
        *(
            _part(
                name,
                f"log_service --connect {{records}} --name {name} --interval {{interval}}",
                "logged 10 records",
            )
            for name in ("web", "mail", "backup")
        ),
    ),
    values={"interval": 200},
    fast={"interval": 0},
)

SCENARIOS = (
    FEED,
    THREAD_C,
    THREAD_PYTHON,
    PUSH_PULL,
    PUB_SUB,
    REQ_REP,
    REQ_REP_IPC,
    DEALER_ROUTER,
    HWM_PUSH,
    HWM_PUB,
    LOGGING,
)
