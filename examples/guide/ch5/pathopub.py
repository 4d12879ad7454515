"""Pathological publisher: a thousand topics at once, then one of them now and then (PUB).

Who subscribes late waits for long, for an update of just its topic: see lvcache for a cure.

    python -m examples.guide.ch5.pathosub
    python -m examples.guide.ch5.pathopub
"""

import itertools
import random
import time

import zmqlite as zmq

from ...program import run


def main(
    bind: str = "tcp://*:5556",
    topics: int = 1000,
    settle: int = 1000,
    interval: int = 1000,
    updates: int = 0,
) -> None:
    """Publish on `topics` topics, and then an update each `interval` ms: `updates`, or for ever.

    Subscribers get `settle` milliseconds to connect before the start.
    """
    with zmq.Context() as context, context.socket(zmq.PUB) as publisher:
        print("bound", publisher.bind(bind))
        time.sleep(settle / 1000)
        for number in range(topics):
            publisher.send_multipart([b"%03d" % number, b"Save Roger"])
        print(f"published on {topics} topics")
        for _ in itertools.islice(itertools.count(), updates or None):
            time.sleep(interval / 1000)
            topic = b"%03d" % random.randrange(topics)
            publisher.send_multipart([topic, b"Off with his head!"])


if __name__ == "__main__":
    run(main)
