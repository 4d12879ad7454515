"""Simple Pirate, the queue: give each request to the worker that is free longest (ROUTER-ROUTER).

A worker says once that it is ready; after that each reply of it says so, too. Clients are listened
to only while a worker is free. A worker that died while it was free still gets a request, which is
lost, and the client has to retry it. Paranoid Pirate cures that with heartbeats.

    python -m examples.guide.ch4.spqueue
    python -m examples.guide.ch4.spworker
    python -m examples.guide.ch4.lpclient
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown

READY = b"\x01"


def serve(frontend: zmq.Socket, backend: zmq.Socket) -> None:
    """Pass the requests of clients to workers, and the replies back."""
    workers, all_peers = zmq.Poller(), zmq.Poller()
    workers.register(backend, zmq.POLLIN)
    all_peers.register(backend, zmq.POLLIN)
    all_peers.register(frontend, zmq.POLLIN)
    free: dict[bytes, None] = {}  # in the order in which they became free
    while True:
        ready = dict((all_peers if free else workers).poll())
        if backend in ready:
            worker, *message = backend.recv_multipart()
            match message:
                case [b"", client, b"", *reply]:
                    frontend.send_multipart([client, b"", *reply])
                    free[worker] = None
                case [b"", sign] if sign == READY:
                    print("a worker is ready")
                    free[worker] = None
                case _:
                    print("dropped a malformed message of a worker:", *map(shown, message))
        if frontend in ready:
            match frontend.recv_multipart():
                case [client, b"", *request]:
                    worker = next(iter(free))
                    del free[worker]
                    backend.send_multipart([worker, b"", client, b"", *request])
                case message:
                    print("dropped a malformed message of a client:", *map(shown, message))


def main(frontend: str = "tcp://*:5555", backend: str = "tcp://*:5556") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.ROUTER) as workers,
    ):
        print("clients go to", clients.bind(frontend))
        print("workers go to", workers.bind(backend))
        serve(clients, workers)


if __name__ == "__main__":
    run(main)
