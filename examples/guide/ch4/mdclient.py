"""Majordomo's example client: ask the service `echo` many times, and wait for each reply.

It survives a broker or worker that dies and comes back within its patience, three times 2.5 s.

    python -m examples.guide.ch4.mdbroker
    python -m examples.guide.ch4.mdworker
    python -m examples.guide.ch4.mdclient
"""

import zmqlite as zmq

from ...program import run
from .mdcliapi import MajordomoClient


def main(
    broker: str = "tcp://localhost:5555",
    service: str = "echo",
    count: int = 100_000,
    timeout: int = 2500,
    tries: int = 3,
    verbose: bool = False,
) -> None:
    done = 0
    with (
        zmq.Context() as context,
        MajordomoClient(context, broker, timeout=timeout, tries=tries, verbose=verbose) as client,
    ):
        try:
            while done < count:
                client.request(service.encode(), b"Hello world")
                done += 1
                if done == 1:
                    print("the first request was answered")
        except TimeoutError as error:
            print(error)
    print(f"{done} requests answered")


if __name__ == "__main__":
    run(main)
