"""A federation of brokers: peering1 and peering2 together.

Each broker publishes how many of its workers are free. A request of its own clients goes to a peer
only while all its own workers are busy, and a peer has said that it has free ones. The Guide's
program keeps one such number, of whoever spoke last; here there is one for each peer, less what was
sent there since. A peer that turns out to be gone gets nothing until it is heard of again; what it
had taken with it is lost.

Clients rest, send a burst of requests with random ids, each of which must come back as the reply,
and report to a PULL socket, whose messages the broker prints. A client that waited too long says
which request was lost, and leaves:

    python -m examples.guide.ch3.peering3 DC1 DC2
    python -m examples.guide.ch3.peering3 DC2 DC1
"""

import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Collection

import zmqlite as zmq

from ...program import run

READY = b"\1"


def ask(context: zmq.Context, name: str, pause: int, burst: int, patience: int) -> None:
    """Send bursts of requests until the context ends, or one of them is lost."""
    with (
        contextlib.suppress(zmq.ContextTerminated),
        context.socket(zmq.REQ) as client,
        context.socket(zmq.PUSH) as monitor,
    ):
        client.connect(f"ipc://{name}-localfe.ipc")
        monitor.connect(f"ipc://{name}-monitor.ipc")
        while True:
            time.sleep(random.randint(0, pause) / 1000)
            for _ in range(random.randrange(burst)):
                task = f"{random.randrange(0x10000):04X}"
                client.send_string(task)
                if not client.poll(patience):
                    monitor.send_string(f"E: CLIENT EXIT - lost task {task}")
                    return
                reply = client.recv_string()
                assert reply == task
                monitor.send_string(reply)


def work(context: zmq.Context, name: str, busy: int) -> None:
    """Send requests back as they came, half of them after some time."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REQ) as worker:
        worker.connect(f"ipc://{name}-localbe.ipc")
        worker.send(READY)
        while True:
            request = worker.recv_multipart()
            time.sleep(random.choice((0, busy)) / 1000)
            worker.send_multipart(request)


class Broker:
    """The sockets of a broker, its free workers, and what it knows of those of its peers."""

    def __init__(self, context: zmq.Context, name: str, peers: tuple[str, ...]) -> None:
        self.name = name.encode()
        self.free: deque[bytes] = deque()
        self.returned: deque[list[bytes]] = deque()  # requests that a peer was not there to take
        self.peers = {peer.encode(): 0 for peer in peers}  # and how many free workers they have
        self.local_frontend = context.socket(zmq.ROUTER)
        self.local_backend = context.socket(zmq.ROUTER)
        self.cloud_frontend = context.socket(zmq.ROUTER, routing_id=self.name)
        self.cloud_backend = context.socket(zmq.ROUTER, routing_id=self.name, router_mandatory=True)
        self.state = context.socket(zmq.PUB)
        self.states = context.socket(zmq.SUB)
        self.monitor = context.socket(zmq.PULL)
        for socket, kind in (
            (self.local_frontend, "localfe"),
            (self.local_backend, "localbe"),
            (self.cloud_frontend, "cloud"),
            (self.state, "state"),
            (self.monitor, "monitor"),
        ):
            socket.bind(f"ipc://{name}-{kind}.ipc")
        self.states.subscribe(b"")
        for peer in peers:
            self.cloud_backend.connect(f"ipc://{peer}-cloud.ipc")
            self.states.connect(f"ipc://{peer}-state.ipc")

    def run(self) -> None:
        """Move requests, replies and states, for ever."""
        poller = zmq.Poller()
        for socket in (self.local_backend, self.cloud_backend, self.states, self.monitor):
            poller.register(socket, zmq.POLLIN)
        published = 0
        while True:
            watch(poller, self.local_frontend, bool(self.free or self.open_peers()))
            watch(poller, self.cloud_frontend, bool(self.free))
            ready = dict(poller.poll())
            if self.monitor in ready:
                print(self.monitor.recv_string())
            if self.states in ready:
                peer, available = self.states.recv_multipart()
                self.peers[peer] = int(available)
            self.take_replies(ready)
            self.take_requests(ready)
            if len(self.free) != published:
                published = len(self.free)
                self.state.send_multipart([self.name, b"%d" % published])

    def take_replies(self, ready: Collection[object]) -> None:
        """Send what workers and peers have answered to where it was asked."""
        if self.local_backend in ready:
            worker, _, *reply = self.local_backend.recv_multipart()
            self.free.append(worker)
            if reply[0] in self.peers:
                self.cloud_frontend.send_multipart(reply)
            elif reply[0] != READY:
                self.local_frontend.send_multipart(reply)
        if self.cloud_backend in ready:
            _, *reply = self.cloud_backend.recv_multipart()
            self.local_frontend.send_multipart(reply)

    def take_requests(self, ready: Collection[object]) -> None:
        """Give requests to free workers, or to a peer that has some."""
        while self.free and self.returned:
            self.serve(self.returned.popleft())
        if self.cloud_frontend in ready and self.free:
            self.serve(self.cloud_frontend.recv_multipart())
        if self.local_frontend in ready:
            if self.free:
                self.serve(self.local_frontend.recv_multipart())
            elif peers := self.open_peers():
                self.send_away(random.choice(peers), self.local_frontend.recv_multipart())

    def serve(self, request: list[bytes]) -> None:
        """Give a request to the worker that has been free for the longest time."""
        self.local_backend.send_multipart([self.free.popleft(), b"", *request])

    def send_away(self, peer: bytes, request: list[bytes]) -> None:
        """Send a request to a peer; keep it for a worker of ours if the peer has gone."""
        try:
            self.cloud_backend.send_multipart([peer, *request])
            self.peers[peer] -= 1
        except zmq.HostUnreachable:
            self.peers[peer] = 0
            self.returned.append(request)

    def open_peers(self) -> list[bytes]:
        """Return the peers that have free workers, as far as we know."""
        return [peer for peer, available in self.peers.items() if available > 0]


def watch(poller: zmq.Poller, socket: zmq.Socket, wanted: bool) -> None:
    """Poll a socket from now on, or do no longer."""
    if wanted and socket not in poller:
        poller.register(socket, zmq.POLLIN)
    elif not wanted and socket in poller:
        poller.unregister(socket)


def main(
    name: str,
    *peers: str,
    clients: int = 10,
    workers: int = 5,
    busy: int = 1000,
    pause: int = 4000,
    burst: int = 15,
    patience: int = 10_000,
) -> None:
    with zmq.Context(linger=0) as context:
        broker = Broker(context, name, peers)
        for _ in range(workers):
            threading.Thread(target=work, args=(context, name, busy)).start()
        for _ in range(clients):
            task = (context, name, pause, burst, patience)
            threading.Thread(target=ask, args=task).start()
        broker.run()


if __name__ == "__main__":
    run(main)
