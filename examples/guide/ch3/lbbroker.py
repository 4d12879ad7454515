"""Balance load: a request goes to the worker that has been free for the longest time.

Clients and workers are REQ sockets, here in threads. A worker's first request says that it is
ready, and each further one is the reply to a client. The broker is a ROUTER on both sides, keeps a
list of the free workers, and takes requests only while there are any; the others wait in the
frontend's queues. What the frames are, seen from the broker:

    frontend   [client] [] [request]
    backend    [worker] [] READY          or   [worker] [] [client] [] [reply]

This program needs no other. With --others it also serves that many requests of other programs:

    python -m examples.guide.ch3.lbbroker
"""

import contextlib
import threading
from collections import deque

import zmqlite as zmq

from ...program import run
from ..zhelpers import set_id


def ask(context: zmq.Context, frontend: str) -> None:
    """Send one request, and print the reply."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REQ) as client:
        set_id(client)  # so that a trace of the messages can be read
        client.connect(frontend)
        client.send(b"HELLO")
        print(f"Client: {client.recv_string()}")


def work(context: zmq.Context, backend: str) -> None:
    """Answer requests until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REQ) as worker:
        set_id(worker)
        worker.connect(backend)
        worker.send(b"READY")
        while True:
            client, empty, request = worker.recv_multipart()
            print(f"Worker: {request.decode()}")
            worker.send_multipart([client, empty, b"OK"])


def balance(frontend: zmq.Socket, backend: zmq.Socket, requests: int) -> None:
    """Serve a number of requests."""
    free: deque[bytes] = deque()  # workers, the one that waits longest first
    workers, all_peers = zmq.Poller(), zmq.Poller()
    workers.register(backend, zmq.POLLIN)
    all_peers.register(backend, zmq.POLLIN)
    all_peers.register(frontend, zmq.POLLIN)
    while requests:
        ready = dict((all_peers if free else workers).poll())
        if backend in ready:
            worker, _, client, *reply = backend.recv_multipart()
            free.append(worker)
            if client != b"READY":
                frontend.send_multipart([client, *reply])
                requests -= 1
        if frontend in ready:
            client, _, request = frontend.recv_multipart()
            backend.send_multipart([free.popleft(), b"", client, b"", request])


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
    ):
        front.bind(frontend)
        back.bind(backend)
        asking = [threading.Thread(target=ask, args=(context, frontend)) for _ in range(clients)]
        working = [threading.Thread(target=work, args=(context, backend)) for _ in range(workers)]
        for thread in asking + working:
            thread.start()
        balance(front, back, clients + others)
        # The last replies are on their way: no client is left behind without its own.
        for thread in asking:
            thread.join()


if __name__ == "__main__":
    run(main)
