"""Serve clients that do not wait for replies, and get none, one or several (DEALER to ROUTER).

Each client sends a request per second, and takes replies as they come. The server's ROUTER deals
the requests out to workers in threads of its own, through a proxy with a DEALER over inproc. No
frame but the routing id of the client goes with a message, and a worker may send as many replies
with it as it likes. To show that, these send up to four, with pauses of random length.

This program needs no other:

    python -m examples.guide.ch3.asyncsrv
"""

import contextlib
import itertools
import random
import threading
import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import set_id

BACKEND = "inproc://backend"


def ask(context: zmq.Context, endpoint: str, interval: int) -> None:
    """Send a request in each interval, and print the replies meanwhile."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.DEALER) as client:
        set_id(client)
        name = client.routing_id.decode()
        client.connect(endpoint)
        for number in itertools.count(1):
            client.send(b"request #%d" % number)
            print(f"{name} sent request #{number}")
            end = time.monotonic_ns() + interval * 1_000_000
            while client.poll(max(0, end - time.monotonic_ns()) // 1_000_000):
                print(f"{name} got {client.recv_string()}")


def serve(context: zmq.Context, endpoint: str, workers: int, longest: int) -> None:
    """Deal requests out to workers until the context ends."""
    with (
        contextlib.suppress(zmq.ContextTerminated),
        context.socket(zmq.ROUTER) as frontend,
        context.socket(zmq.DEALER) as backend,
    ):
        frontend.bind(endpoint)
        backend.bind(BACKEND)
        for _ in range(workers):
            threading.Thread(target=work, args=(context, longest)).start()
        zmq.proxy(frontend, backend)


def work(context: zmq.Context, longest: int) -> None:
    """Send a request back to its client, up to four times."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.DEALER) as worker:
        worker.connect(BACKEND)
        while True:
            client, request = worker.recv_multipart()
            for _ in range(random.randint(0, 4)):
                time.sleep(random.randint(1, longest) / 1000)
                worker.send_multipart([client, request])


def main(
    bind: str = "tcp://*:5570",
    connect: str = "tcp://localhost:5570",
    clients: int = 3,
    workers: int = 5,
    duration: int = 5000,
    interval: int = 1000,
    longest: int = 1000,
) -> None:
    with zmq.Context(linger=0) as context:
        for _ in range(clients):
            threading.Thread(target=ask, args=(context, connect, interval)).start()
        threading.Thread(target=serve, args=(context, bind, workers, longest)).start()
        time.sleep(duration / 1000)


if __name__ == "__main__":
    run(main)
