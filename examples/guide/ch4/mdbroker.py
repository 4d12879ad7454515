"""Majordomo's broker: clients ask for a service by name, and any worker for it answers (ROUTER).

Clients and workers come in through one socket; the header of a message says whose it is. A service
has a queue of requests and one of free workers. Requests wait there without limit until a worker
registers for the service. The broker sends heartbeats to free workers, and forgets those who are
silent for as long as three. A busy worker need not give any sign. Protocols: MDP 0.1 and MMI,
ZeroMQ RFCs 7 and 8.

    python -m examples.guide.ch4.mdbroker --verbose
    python -m examples.guide.ch4.mdworker
    python -m examples.guide.ch4.mdclient
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock, console
from . import mdp


@dataclass(eq=False)
class Service:
    """What waits for each other, each in the order in which it came."""

    requests: deque[list[bytes]] = field(default_factory=deque)  # a client, and the body
    free: deque[Worker] = field(default_factory=deque)


@dataclass(eq=False)
class Worker:
    """A registered worker: when it expires if it is free, and else whose request it has."""

    routing_id: bytes
    service: bytes
    expiry: int = 0
    client: bytes | None = None


class Broker:
    """All services and workers of one socket."""

    def __init__(self, socket: zmq.Socket, heartbeat: int = 2500, verbose: bool = False) -> None:
        self.socket = socket
        self.heartbeat = heartbeat
        self.verbose = verbose
        self.services: defaultdict[bytes, Service] = defaultdict(Service)
        self.workers: dict[bytes, Worker] = {}

    def run(self) -> None:
        """Serve until interrupted, or until the context is shut down."""
        beat_at = clock() + self.heartbeat
        while True:
            if self.socket.poll(max(0, beat_at - clock())):
                self.handle(self.socket.recv_multipart())
            if clock() >= beat_at:
                self.purge()
                for service in self.services.values():
                    for worker in service.free:
                        self.command(worker.routing_id, mdp.HEARTBEAT)
                beat_at = clock() + self.heartbeat

    def handle(self, message: list[bytes]) -> None:
        """Take in one message of a client or a worker."""
        self.report("received", message)
        match message:
            case [client, b"", mdp.CLIENT, service, *body] if body:
                self.from_client(client, service, body)
            case [sender, b"", mdp.WORKER, command, *rest]:
                self.from_worker(sender, command, rest)
            case _:
                console(f"dropped a malformed message: {message}")

    # Clients

    def from_client(self, client: bytes, service: bytes, body: list[bytes]) -> None:
        """Answer a request to the broker itself, or queue it for its service."""
        if service.startswith(mdp.INTERNAL):
            self.reply(client, service, [self.answer(service, body)])
        else:
            self.services[service].requests.append([client, *body])
            self.dispatch(service)

    def answer(self, service: bytes, body: list[bytes]) -> bytes:
        """Answer for one of the broker's own services."""
        if service != b"mmi.service":
            return b"501"
        known = any(worker.service == body[-1] for worker in self.workers.values())
        return b"200" if known else b"404"

    def reply(self, client: bytes, service: bytes, body: list[bytes]) -> None:
        """Send a reply to a client."""
        self.send([client, b"", mdp.CLIENT, service, *body])

    # Workers

    def from_worker(self, sender: bytes, command: bytes, rest: list[bytes]) -> None:
        """Do as a worker says, or make it register anew if it is not known for that."""
        worker = self.workers.get(sender)
        match [command, *rest]:
            case [mdp.READY, service] if worker is None and not service.startswith(mdp.INTERNAL):
                worker = self.workers[sender] = Worker(sender, service)
                self.release(worker)
            case [mdp.REPLY, client, b"", *body] if worker and worker.client == client:
                self.reply(client, worker.service, body)
                self.release(worker)
            case [mdp.HEARTBEAT] if worker:
                worker.expiry = clock() + mdp.LIVENESS * self.heartbeat
            case [mdp.DISCONNECT]:
                self.forget(sender)
            case [mdp.READY | mdp.REPLY | mdp.HEARTBEAT, *_]:
                self.forget(sender)
                self.command(sender, mdp.DISCONNECT)
            case message:
                console(f"dropped a malformed message of a worker: {message}")

    def release(self, worker: Worker) -> None:
        """Make a worker free: it gets the next request."""
        worker.client = None
        worker.expiry = clock() + mdp.LIVENESS * self.heartbeat
        self.services[worker.service].free.append(worker)
        self.dispatch(worker.service)

    def forget(self, sender: bytes) -> None:
        """Remove a worker, if it is one."""
        worker = self.workers.pop(sender, None)
        if worker and worker.client is None:
            self.services[worker.service].free.remove(worker)

    def purge(self) -> None:
        """Remove the free workers that were silent for too long."""
        now = clock()
        for worker in tuple(self.workers.values()):
            if worker.client is None and worker.expiry <= now:
                self.report("expired", [worker.routing_id])
                self.forget(worker.routing_id)

    def dispatch(self, name: bytes) -> None:
        """Give requests of a service to its free workers, while there are both."""
        self.purge()
        service = self.services[name]
        while service.requests and service.free:
            worker = service.free.popleft()
            worker.client, *body = service.requests.popleft()
            self.command(worker.routing_id, mdp.REQUEST, worker.client, b"", *body)

    # Sending

    def command(self, worker: bytes, command: bytes, *rest: bytes) -> None:
        """Send a command to a worker, or to somebody who takes itself for one."""
        self.send([worker, b"", mdp.WORKER, command, *rest])

    def send(self, message: list[bytes]) -> None:
        self.report("sending", message)
        self.socket.send_multipart(message)

    def report(self, event: str, message: list[bytes]) -> None:
        if self.verbose:
            console(f"{event} {message}")


def main(bind: str = "tcp://*:5555", heartbeat: int = 2500, verbose: bool = False) -> None:
    # Clients that send many requests before they take the replies must not lose any, hence no HWM.
    with zmq.Context() as context, context.socket(zmq.ROUTER, sndhwm=0, rcvhwm=0) as socket:
        print("bound", socket.bind(bind))
        Broker(socket, heartbeat, verbose).run()


if __name__ == "__main__":
    run(main)
