"""Majordomo's asynchronous example client: send all requests to `echo`, then take the replies.

No request waits for the reply before it, so this is several times as fast as mdclient.

    python -m examples.guide.ch4.mdbroker
    python -m examples.guide.ch4.mdworker
    python -m examples.guide.ch4.mdclient2
"""

import zmqlite as zmq

from ...program import run
from .mdcliapi2 import MajordomoAsyncClient


def main(
    broker: str = "tcp://localhost:5555",
    service: str = "echo",
    count: int = 100_000,
    timeout: int = 2500,
    verbose: bool = False,
) -> None:
    received = 0
    with (
        zmq.Context() as context,
        MajordomoAsyncClient(context, broker, timeout=timeout, verbose=verbose) as client,
    ):
        try:
            for _ in range(count):
                client.send(service.encode(), b"Hello world")
            while received < count:
                client.recv()
                received += 1
        except TimeoutError as error:
            print(error)
    print(f"{received} replies received")


if __name__ == "__main__":
    run(main)
