"""A logging system of two patterns: collect with PUSH/PULL, alert with PUB/SUB.

Services push their records here: none is lost, and the collector takes them in fair turn. It
publishes each under its level, to whoever wants to know at once: a pager subscribes to `error`.
What nobody subscribed to costs nothing. Services and listeners come and go without knowing of each
other.

    python -m examples.article.log_collector --services 2
    python -m examples.article.log_pager
    python -m examples.article.log_service --name web
    python -m examples.article.log_service --name mail
"""

from collections import Counter

import zmqlite as zmq

from ..program import run

LEVELS = (b"info", b"error")


def collect(records: zmq.Socket, events: zmq.Socket, services: int) -> Counter[str]:
    """Count records by level, and pass them on, until all services have ended."""
    counts: Counter[str] = Counter()
    while services:
        level, service, text = records.recv_multipart()
        if level == b"end":
            services -= 1
            continue
        counts[level.decode()] += 1
        events.send_multipart([level, service, text])
    return counts


def main(
    records: str = "tcp://127.0.0.1:5564", events: str = "tcp://127.0.0.1:5563", services: int = 1
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.XPUB) as xpub,
    ):
        print("records go to", pull.bind(records))
        print("events come from", xpub.bind(events))
        xpub.recv()  # The pager's subscription; until then records wait in the services.
        counts = collect(pull, xpub, services)
        for level in LEVELS:
            xpub.send_multipart([level, b"", b""])  # no more to come
    levels = ", ".join(f"{count} {level}" for level, count in sorted(counts.items()))
    print(f"collected {counts.total()} records: {levels}")


if __name__ == "__main__":
    run(main)
