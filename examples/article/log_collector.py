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

import argparse
from collections import Counter

import zmqlite as zmq

LEVELS = (b"info", b"error")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Collect records and publish them by level.")
    parser.add_argument("--records", default="tcp://127.0.0.1:5564", metavar="ENDPOINT")
    parser.add_argument("--events", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    parser.add_argument("--services", type=int, default=1, help="end when so many have ended")
    return parser.parse_args()


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


def main() -> None:
    options = arguments()
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as records,
        context.socket(zmq.XPUB) as events,
    ):
        print("records go to", records.bind(options.records), flush=True)
        print("events come from", events.bind(options.events), flush=True)
        events.recv()  # The pager's subscription; until then records wait in the services.
        counts = collect(records, events, options.services)
        for level in LEVELS:
            events.send_multipart([level, b"", b""])  # no more to come
    levels = ", ".join(f"{count} {level}" for level, count in sorted(counts.items()))
    print(f"collected {counts.total()} records: {levels}", flush=True)


if __name__ == "__main__":
    main()
