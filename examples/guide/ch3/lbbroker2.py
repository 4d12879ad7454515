"""Balance load: lbbroker with an Actor for each client and each worker.

An Actor is a thread with a pipe. It has started when it says so, here when its socket is connected,
and at the end it is told through the pipe to leave. So it waits for its socket and for its pipe at
once. The pipe of a client ends by itself when it has its reply. No socket has a name of its own:
the routing ids are binary, and made up by the ROUTERs. This program needs no other:

    python -m examples.guide.ch3.lbbroker2
"""

import contextlib

import zmqlite as zmq

from ...program import run
from .lbbroker import balance


def poller_of(pipe: zmq.Pipe, socket: zmq.Socket) -> zmq.Poller:
    """Return what waits for the end of an actor, and for messages of its socket."""
    poller = zmq.Poller()
    poller.register(pipe.socket, zmq.POLLIN)
    poller.register(socket, zmq.POLLIN)
    return poller


def ask(pipe: zmq.Pipe, context: zmq.Context, frontend: str) -> None:
    """Send one request, and print the reply."""
    with context.socket(zmq.REQ) as client:
        client.connect(frontend)
        client.send(b"HELLO")
        pipe.ready()
        if client in dict(poller_of(pipe, client).poll()):
            print(f"Client: {client.recv_string()}")


def work(pipe: zmq.Pipe, context: zmq.Context, backend: str) -> None:
    """Answer requests until told to leave."""
    with context.socket(zmq.REQ) as worker:
        worker.connect(backend)
        worker.send(b"READY")
        pipe.ready()
        poller = poller_of(pipe, worker)
        while pipe.socket not in dict(poller.poll()):
            client, empty, request = worker.recv_multipart()
            print(f"Worker: {request.decode()}")
            worker.send_multipart([client, empty, b"OK"])


def main(
    frontend: str = "ipc://frontend.ipc",
    backend: str = "ipc://backend.ipc",
    clients: int = 10,
    workers: int = 3,
    others: int = 0,
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as front,
        context.socket(zmq.ROUTER) as back,
        contextlib.ExitStack() as actors,
    ):
        front.bind(frontend)
        back.bind(backend)
        for _ in range(workers):
            actors.enter_context(zmq.Actor(context, work, context, backend))
        asking = [
            actors.enter_context(zmq.Actor(context, ask, context, frontend)) for _ in range(clients)
        ]
        balance(front, back, clients + others)
        for client in asking:
            for _ in client.pipe:  # nothing but the end
                pass


if __name__ == "__main__":
    run(main)
