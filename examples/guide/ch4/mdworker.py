"""Majordomo's example worker: the service `echo` answers with what it was sent.

python -m examples.guide.ch4.mdbroker
python -m examples.guide.ch4.mdworker
python -m examples.guide.ch4.mdclient
"""

import zmqlite as zmq

from ...program import run
from .mdwrkapi import MajordomoWorker


def main(
    broker: str = "tcp://localhost:5555",
    service: str = "echo",
    heartbeat: int = 2500,
    reconnect: int = 2500,
    verbose: bool = False,
) -> None:
    with (
        zmq.Context() as context,
        MajordomoWorker(
            context,
            broker,
            service.encode(),
            heartbeat=heartbeat,
            reconnect=reconnect,
            verbose=verbose,
        ) as worker,
    ):
        request = worker.recv()
        while True:
            request = worker.recv(reply=request)


if __name__ == "__main__":
    run(main)
