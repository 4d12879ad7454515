"""Titanic's client: leave a request with the store, and come back for the reply until it is there.

Neither the service nor this client has to be there all the time. Protocol: TSP, ZeroMQ RFC 9.

    python -m examples.guide.ch4.mdbroker
    python -m examples.guide.ch4.titanic
    python -m examples.guide.ch4.ticlient
    python -m examples.guide.ch4.mdworker
"""

import time

import zmqlite as zmq

from ...program import run
from .mdcliapi import MajordomoClient
from .titanic import CLOSE, FETCH, OK, PENDING, STORE


def call(client: MajordomoClient, service: bytes, *body: bytes) -> tuple[bytes, list[bytes]]:
    """Return the status of what one of Titanic's services answers, OK or PENDING, and the rest.

    Raises:
        SystemExit: it refused, or has trouble of its own.
    """
    text, *reply = client.request(service, *body)
    status = text[:3]  # three digits, and maybe words behind
    if status not in (OK, PENDING):
        raise SystemExit(f"{service.decode()}: {text.decode(errors='replace')}")
    return status, reply


def main(
    broker: str = "tcp://localhost:5555",
    service: str = "echo",
    pause: int = 100,
    interval: int = 5000,
    timeout: int = 2500,
    tries: int = 3,
    verbose: bool = False,
) -> None:
    """Ask for the reply `pause` milliseconds after the request, then every `interval`."""
    with (
        zmq.Context() as context,
        MajordomoClient(context, broker, timeout=timeout, tries=tries, verbose=verbose) as client,
    ):
        try:
            _, [uuid] = call(client, STORE, service.encode(), b"Hello world")
            print(f"stored as {uuid.decode()}")
            time.sleep(pause / 1000)
            while (found := call(client, FETCH, uuid))[0] == PENDING:
                print("pending")
                time.sleep(interval / 1000)
            print(f"reply: {found[1][-1].decode()}")
            call(client, CLOSE, uuid)
        except TimeoutError as error:
            print(error)


if __name__ == "__main__":
    run(main)
