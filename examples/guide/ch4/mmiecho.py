"""Ask the Majordomo broker itself whether there is a worker for a service, through `mmi.service`.

The answer is 200 if there is, 404 if there is none. Protocol: MMI, ZeroMQ RFC 8.

    python -m examples.guide.ch4.mdbroker
    python -m examples.guide.ch4.mdworker
    python -m examples.guide.ch4.mmiecho
"""

import zmqlite as zmq

from ...program import run
from .mdcliapi import MajordomoClient


def main(
    broker: str = "tcp://localhost:5555",
    service: str = "echo",
    timeout: int = 2500,
    verbose: bool = False,
) -> None:
    with (
        zmq.Context() as context,
        MajordomoClient(context, broker, timeout=timeout, verbose=verbose) as client,
    ):
        try:
            reply = client.request(b"mmi.service", service.encode())
        except TimeoutError as error:
            print(f"no answer, is the broker running? {error}")
        else:
            print(f"{service}: {reply[-1].decode()}")


if __name__ == "__main__":
    run(main)
