"""Balance load: lbbroker with a Reactor, which calls a handler for each message.

The broker has a handler for replies, and one for requests, which it adds when a worker becomes free
and cancels when none is left; so nobody reads the frontend meanwhile. Clients and workers are
actors with reactors of their own: whatever comes through the pipe of an actor is its end. Clients
send a request per second, for ever. See lbbroker3_asyncio for the same as coroutines. This program
needs no other:

    python -m examples.guide.ch3.lbbroker3
"""

import contextlib
from collections import deque

import zmqlite as zmq

from ...program import run

READY = b"\1"


def ask(pipe: zmq.Pipe, context: zmq.Context, frontend: str, interval: int) -> None:
    """Send a request, and the next one an interval after the reply."""

    def take_reply(client: zmq.Socket) -> None:
        print(f"Client: {client.recv_string()}")
        reactor.timer(interval, send, times=1)

    def send() -> None:
        client.send(b"HELLO")

    with context.socket(zmq.REQ) as client:
        client.connect(frontend)
        send()
        reactor = zmq.Reactor()
        reactor.reader(client, take_reply)
        reactor.reader(pipe.socket, lambda _: reactor.stop())
        pipe.ready()
        reactor.run()


def work(pipe: zmq.Pipe, context: zmq.Context, backend: str) -> None:
    """Answer requests."""

    def answer(worker: zmq.Socket) -> None:
        *way_back, request = worker.recv_multipart()
        print(f"Worker: {request.decode()}")
        worker.send_multipart([*way_back, b"OK"])

    with context.socket(zmq.REQ) as worker:
        worker.connect(backend)
        worker.send(READY)
        reactor = zmq.Reactor()
        reactor.reader(worker, answer)
        reactor.reader(pipe.socket, lambda _: reactor.stop())
        pipe.ready()
        reactor.run()


class Broker:
    """Two ROUTER sockets on a reactor, and the workers that are free."""

    def __init__(self, reactor: zmq.Reactor, frontend: zmq.Socket, backend: zmq.Socket) -> None:
        self.reactor = reactor
        self.frontend = frontend
        self.backend = backend
        self.free: deque[bytes] = deque()  # the one that waits longest first
        reactor.reader(backend, self.take_reply)

    def take_reply(self, backend: zmq.Socket) -> None:
        """Note that a worker is free, and send its reply, if it is one, to the client."""
        worker, _, *reply = backend.recv_multipart()
        if not self.free:
            self.reactor.reader(self.frontend, self.take_request)
        self.free.append(worker)
        if reply[0] != READY:
            self.frontend.send_multipart(reply)

    def take_request(self, frontend: zmq.Socket) -> None:
        """Give a request to the worker that has been free for the longest time."""
        request = frontend.recv_multipart()
        self.backend.send_multipart([self.free.popleft(), b"", *request])
        if not self.free:
            self.reactor.cancel(frontend)


def main(
    frontend: str = "ipc://frontend.ipc",
    backend: str = "ipc://backend.ipc",
    clients: int = 10,
    workers: int = 3,
    interval: int = 1000,
) -> None:
    with (
        zmq.Context(linger=0) as context,
        context.socket(zmq.ROUTER) as front,
        context.socket(zmq.ROUTER) as back,
        contextlib.ExitStack() as actors,
    ):
        front.bind(frontend)
        back.bind(backend)
        reactor = zmq.Reactor()
        Broker(reactor, front, back)
        for _ in range(workers):
            actors.enter_context(zmq.Actor(context, work, context, backend))
        for _ in range(clients):
            actors.enter_context(zmq.Actor(context, ask, context, frontend, interval))
        reactor.run()


if __name__ == "__main__":
    run(main)
