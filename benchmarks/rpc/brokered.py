"""A broker alone, as a process between peers that do as little as they can.

A client and servers of `zmqlite.rpc` take several times what the broker takes, so what is measured
with them is not the broker. Here all that a peer does for a call is to put its id between bytes
that were made beforehand; it parses nothing, and sends in one go what answers the messages that it
has found. Each kind of peer is one thread with one socket. Three processes share the processors of
the machine, so in addition to the rate it is measured what the thread of the broker takes for each
call: on a processor of its own this is what limits it.

Run as a program, this is the servers: `python -m benchmarks.rpc.brokered BROKER SERVERS ROOM`. One
ROUTER with a connection for each of them answers all calls.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import zmqlite as zmq
from zmqlite.rpc import schema, wire
from zmqlite.rpc.wire import Kind

from ..children import Children
from .service import METADATA, SERVICE, TIMEOUT, Note
from .waiting import CALLS, resident

SERVERS: Final = 200
UNDER_WAY: Final = 128
ROUNDS: Final = 5
WARM: Final = 500
REPLY: Final = wire.head(Kind.REPLY, b"")[:2]
PAYLOAD: Final[bytes] = Note(text="a note", number=7).SerializeToString()


def serve(broker: str, servers: int, room: int) -> None:
    """Register as so many servers, with room for so many calls each, and answer at once."""
    registration = schema.Registration(services=[SERVICE.full_name], calls=room)
    with zmq.Context() as context:
        socket = context.socket(zmq.ROUTER)
        for number in range(servers):
            name = b"server %d" % number
            socket.connect_routing_id = name
            socket.connect(broker)
            head = wire.more(kind=int(Kind.REGISTER), version=wire.VERSION, incarnation=name)
            socket.send_multipart([name, head, registration.SerializeToString()])
        for _ in range(servers):
            socket.recv_multipart()  # WELCOME
        print(json.dumps({"servers": servers}), flush=True)
        while True:
            for route, head, *_ in burst(socket):
                if head[1] == Kind.REQUEST:
                    socket.send_multipart([route, REPLY + head[2:20], PAYLOAD])


def burst(socket: zmq.Socket) -> list[list[bytes]]:
    """Wait for a message, and receive it and those that are there after it."""
    found = [socket.recv_multipart()]
    while len(found) < UNDER_WAY and socket.poll(0):
        found.append(socket.recv_multipart())
    return found


class Peer:
    """A client that sends one request after the other, each with an id of its own."""

    def __init__(self, context: zmq.Context, broker: str) -> None:
        self.socket = context.socket(zmq.DEALER)
        self.socket.connect(broker)
        self.socket.send(wire.more(kind=int(Kind.HELLO), version=wire.VERSION))
        incarnation = wire.decode(self.socket.recv()).incarnation
        method = f"/{SERVICE.full_name}/Echo"
        fields = {"method": method, "timeout": TIMEOUT, "metadata": METADATA}
        self.fields = wire.more(incarnation=incarnation, **fields)
        self.prefix = wire.head(Kind.REQUEST, bytes(16))[:4] + os.urandom(8)
        self.number = 0

    def send(self, count: int = 1) -> None:
        for _ in range(count):
            self.number += 1
            head = self.prefix + self.number.to_bytes(8, "big") + self.fields
            self.socket.send_multipart([head, PAYLOAD])

    def receive(self) -> int:
        """Take an answer and return its kind; a PROBE is none."""
        while True:
            kind = self.socket.recv_multipart()[0][1]
            if kind != Kind.PROBE:
                return kind

    def replies(self) -> int:
        """Take what has come, and return how many calls have ended."""
        return sum(frames[0][1] == Kind.REPLY for frames in burst(self.socket))


@contextmanager
def peers(servers: int, room: int) -> Iterator[tuple[Peer, int]]:
    """A client of a broker with so many servers, and the process of the broker."""
    with Children() as children, zmq.Context() as context:
        program = [sys.executable, "-m", "benchmarks.rpc.servers"]
        broker = children.start("broker", [*program, "broker"])
        endpoint = children.hear(broker)[0]["endpoint"]
        program = [sys.executable, "-m", "benchmarks.rpc.brokered"]
        command = [*program, endpoint, str(servers), str(room)]
        children.hear(children.start("servers", command))
        yield Peer(context, endpoint), broker.process.pid


def used(process: int) -> float:
    """Return the processor time of the main thread of a process, in seconds."""
    with open(f"/proc/{process}/task/{process}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


class Measured(NamedTuple):
    rate: float
    """Calls a second, with 128 under way."""
    cost: float
    """Microseconds of a processor that the thread of the broker takes for one of them."""
    one: float
    many: float
    """Microseconds of a round trip, with one server and with 200."""
    waiting: float
    """Bytes of the broker for each of 10,000 calls that wait."""


def measure(seconds: float) -> Measured:
    """Measure all that is said of a broker, each several times, and take medians."""
    rates, costs = [], []
    with peers(1, 10 * UNDER_WAY) as (peer, process):
        peer.send(UNDER_WAY)
        for _ in range(ROUNDS):
            begun, start, count = used(process), time.perf_counter(), 0
            while time.perf_counter() < start + seconds:
                ended = peer.replies()
                peer.send(ended)
                count += ended
            rates.append(count / (time.perf_counter() - start))
            costs.append((used(process) - begun) / count * 1e6)
    with peers(1, UNDER_WAY) as (one, _), peers(SERVERS, UNDER_WAY) as (many, _):
        trips: list[list[float]] = [[], []]
        for _ in range(ROUNDS):
            for found, peer in zip(trips, (one, many), strict=True):
                found.append(round_trip(peer, seconds))
    rate, cost, one_trip, many_trip = map(statistics.median, (rates, costs, *trips))
    return Measured(rate, cost, one_trip, many_trip, waiting())


def round_trip(peer: Peer, seconds: float) -> float:
    """The median of round trips, in microseconds."""
    times: list[float] = []
    start = time.perf_counter()
    while True:
        begun = time.perf_counter()
        peer.send()
        peer.receive()
        end = time.perf_counter()
        times.append(end - begun)
        if end > start + seconds and len(times) > WARM:
            return statistics.median(times) * 1e6


def waiting() -> float:
    """Send calls for which no server has room."""
    with peers(1, 0) as (peer, process):
        before = resident(process)
        peer.send(CALLS + 1)  # the last one is refused at once: the others have come then
        assert peer.receive() == Kind.STATUS
        return (resident(process) - before) / CALLS


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
