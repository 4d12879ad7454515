"""Share requests with other brokers: the flow of tasks in a federation of brokers.

Each broker has clients and workers of its own, here REQ sockets in threads, and balances load as
lbbroker does. Now and then it sends a request of its own clients to a peer, at random, whose
workers then answer it. Brokers talk ROUTER to ROUTER, which needs names that are known beforehand:

    cloud frontend   bound; requests come from peers, and replies go to them
    cloud backend    connected to each peer; requests go there, and replies come back

A ROUTER drops what is for nobody, so the clients only start when all peers are there. A request
that a peer took with it when it went away never gets a reply, and its client waits for ever:

    python -m examples.guide.ch3.peering2 DC1 DC2
    python -m examples.guide.ch3.peering2 DC2 DC1
"""

import contextlib
import random
import threading
import time
from collections import deque

import zmqlite as zmq

from ...program import run

READY = b"\1"


def ask(context: zmq.Context, frontend: str, pause: int) -> None:
    """Send a request, print the reply, rest, and so on until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REQ) as client:
        client.connect(frontend)
        while True:
            client.send(b"HELLO")
            print(f"Client: {client.recv_string()}")
            time.sleep(pause / 1000)


def work(context: zmq.Context, backend: str) -> None:
    """Answer requests until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REQ) as worker:
        worker.connect(backend)
        worker.send(READY)
        while True:
            *way_back, request = worker.recv_multipart()
            # [client] [], with the name of its broker in front if that is not ours.
            origin = f" from {way_back[0].decode()}" if len(way_back) == 3 else ""
            print(f"Worker: {request.decode()}{origin}")
            worker.send_multipart([*way_back, b"OK"])


class Broker:
    """The four sockets of a broker, and its free workers."""

    def __init__(self, context: zmq.Context, name: str, peers: list[str], share: float) -> None:
        self.peers = [peer.encode() for peer in peers]
        self.share = share
        self.free: deque[bytes] = deque()
        self.local_frontend = context.socket(zmq.ROUTER)
        self.local_backend = context.socket(zmq.ROUTER)
        self.cloud_frontend = context.socket(zmq.ROUTER, routing_id=name.encode())
        self.cloud_backend = context.socket(zmq.ROUTER, routing_id=name.encode())
        self.local_frontend.bind(f"ipc://{name}-localfe.ipc")
        self.local_backend.bind(f"ipc://{name}-localbe.ipc")
        self.cloud_frontend.bind(f"ipc://{name}-cloud.ipc")
        self.cloud_backend.wait_peers(0)  # count from now on
        for peer in peers:
            self.cloud_backend.connect(f"ipc://{peer}-cloud.ipc")
        self.cloud_backend.wait_peers(len(peers))
        print("all peers are there")

    def run(self) -> None:
        """Move requests and replies, for ever."""
        backends, all_sides = zmq.Poller(), zmq.Poller()
        for socket in (self.local_backend, self.cloud_backend):
            backends.register(socket, zmq.POLLIN)
            all_sides.register(socket, zmq.POLLIN)
        for socket in (self.local_frontend, self.cloud_frontend):
            all_sides.register(socket, zmq.POLLIN)
        while True:
            ready = dict((all_sides if self.free else backends).poll())
            if self.local_backend in ready:
                worker, _, *reply = self.local_backend.recv_multipart()
                self.free.append(worker)
                if reply[0] != READY:
                    self.route_reply(reply)
            if self.cloud_backend in ready:
                _, *reply = self.cloud_backend.recv_multipart()
                self.route_reply(reply)
            # Peers first: they have waited longer.
            if self.cloud_frontend in ready and self.free:
                self.serve(self.cloud_frontend.recv_multipart())
            if self.local_frontend in ready and self.free:
                request = self.local_frontend.recv_multipart()
                if self.peers and random.random() < self.share:
                    self.cloud_backend.send_multipart([random.choice(self.peers), *request])
                else:
                    self.serve(request)

    def serve(self, request: list[bytes]) -> None:
        """Give a request to the worker that has been free for the longest time."""
        self.local_backend.send_multipart([self.free.popleft(), b"", *request])

    def route_reply(self, reply: list[bytes]) -> None:
        """Send a reply to a peer if its name is in front, else to a client."""
        frontend = self.cloud_frontend if reply[0] in self.peers else self.local_frontend
        frontend.send_multipart(reply)


def main(
    name: str,
    *peers: str,
    clients: int = 10,
    workers: int = 3,
    pause: int = 1000,
    share: float = 0.2,
) -> None:
    with zmq.Context(linger=0) as context:
        broker = Broker(context, name, list(peers), share)
        for _ in range(workers):
            threading.Thread(target=work, args=(context, f"ipc://{name}-localbe.ipc")).start()
        for _ in range(clients):
            task = (context, f"ipc://{name}-localfe.ipc", pause)
            threading.Thread(target=ask, args=task).start()
        broker.run()


if __name__ == "__main__":
    run(main)
