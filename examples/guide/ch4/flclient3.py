"""Freelance, model 3, the client: ask three servers, of which one has to be there (ROUTER).

All the work is in flcliapi. Stop the server that answers, and the next one goes on.

    python -m examples.guide.ch4.flserver3
    python -m examples.guide.ch4.flclient3
"""

import zmqlite as zmq

from ...program import run
from .flcliapi import USUAL, FreelanceClient, Times
from .rounds import measure

SERVERS = ("tcp://localhost:5555", "tcp://localhost:5556", "tcp://localhost:5557")


def main(
    *servers: str,
    count: int = 10_000,
    interval: int = 0,
    timeout: int = USUAL.timeout,
    retry: int = USUAL.retry,
) -> None:
    """Make `count` requests, each `interval` ms after the reply to the one before.

    The next server is asked after `retry` ms, and a request given up after `timeout` ms.
    """
    times = Times(timeout=timeout, retry=retry)
    with zmq.Context() as context, FreelanceClient(context, times) as client:
        for endpoint in servers or SERVERS:
            client.connect(endpoint)
        measure(lambda: client.request(b"random name"), count, interval)


if __name__ == "__main__":
    run(main)
