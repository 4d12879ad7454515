"""Paranoid Pirate, the queue: give requests to workers that show signs of life (ROUTER-ROUTER).

The workers are DEALER sockets. Any message of a worker says that it is there and free: one frame is
a control message, more are a reply. Whoever is free gets heartbeats; whoever is silent for as long
as three of them gets no more requests. Protocol: PPP, ZeroMQ RFC 6.

    python -m examples.guide.ch4.ppqueue
    python -m examples.guide.ch4.ppworker
    python -m examples.guide.ch4.lpclient
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock, shown

READY = b"\x01"
HEARTBEAT = b"\x02"
LIVENESS = 3


class Queue:
    """The free workers, each with the time when it expires, the one that is free longest first."""

    def __init__(self, frontend: zmq.Socket, backend: zmq.Socket, heartbeat: int) -> None:
        self.frontend = frontend
        self.backend = backend
        self.heartbeat = heartbeat
        self.free: dict[bytes, int] = {}

    def run(self) -> None:
        """Pass requests to workers and replies back, and send heartbeats meanwhile."""
        some, all_ = zmq.Poller(), zmq.Poller()
        some.register(self.backend, zmq.POLLIN)
        all_.register(self.backend, zmq.POLLIN)
        all_.register(self.frontend, zmq.POLLIN)
        beat_at = clock() + self.heartbeat
        while True:
            ready = dict((all_ if self.free else some).poll(max(0, beat_at - clock())))
            if self.backend in ready:
                self.from_worker(*self.backend.recv_multipart())
            self.purge()
            if self.frontend in ready and self.free:
                self.from_client(self.frontend.recv_multipart())
            if clock() >= beat_at:
                for worker in self.free:
                    self.backend.send_multipart([worker, HEARTBEAT])
                beat_at = clock() + self.heartbeat

    def from_worker(self, worker: bytes, *message: bytes) -> None:
        match message:
            case [client, b"", *reply] if reply:
                self.frontend.send_multipart([client, b"", *reply])
            case [control] if control in (READY, HEARTBEAT):
                pass
            case _:
                print("dropped a malformed message of a worker:", *map(shown, message))
                return
        self.free.pop(worker, None)
        self.free[worker] = clock() + LIVENESS * self.heartbeat

    def from_client(self, message: list[bytes]) -> None:
        match message:
            case [client, b"", *request] if request:
                worker = next(iter(self.free))
                del self.free[worker]
                self.backend.send_multipart([worker, client, b"", *request])
            case _:
                print("dropped a malformed message of a client:", *map(shown, message))

    def purge(self) -> None:
        """Forget who was silent for too long."""
        now = clock()
        self.free = {worker: expiry for worker, expiry in self.free.items() if expiry > now}


def main(
    frontend: str = "tcp://*:5555", backend: str = "tcp://*:5556", heartbeat: int = 1000
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.ROUTER) as workers,
    ):
        print("clients go to", clients.bind(frontend))
        print("workers go to", workers.bind(backend))
        Queue(clients, workers, heartbeat).run()


if __name__ == "__main__":
    run(main)
