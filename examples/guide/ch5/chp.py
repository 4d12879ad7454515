"""What clients and servers of Clone say to each other, in models 2 to 6 (CHP, ZeroMQ RFC 12).

    client DEALER --- ICANHAZ? ----------------------> server ROUTER   the snapshot, port P
                  <-- each pair, then KTHXBAI with ---
                      the number of the last update
    client SUB    <-- each update, numbered ---------- server PUB      the updates, port P + 1
    client PUSH   --- what is to change -------------> server PULL     the collector, port P + 2

In model 6 the last of these is PUB and SUB, and heartbeats are among the updates.
A client that begins, or begins again, subscribes first and then asks for the snapshot; so what it
has missed is in the snapshot, and updates that are in there already it knows by their number.
"""

import hashlib
from typing import Final, Generic, NamedTuple, Self, TypeVar

import zmqlite as zmq

from .kvsimple import KVSimple

ICANHAZ: Final = b"ICANHAZ?"
"""Asks for a snapshot; models 4 to 6 add the subtree."""
KTHXBAI: Final = b"KTHXBAI"
"""The key of a message that ends a snapshot; the body is the subtree, which C leaves out."""
HUGZ: Final = b"HUGZ"
"""The key of a heartbeat among the updates."""
COMMANDS: Final = (KTHXBAI, HUGZ)
"""What no pair can have for a key."""


class Server(NamedTuple):
    """Where a server is."""

    snapshots: str = "tcp://localhost:5556"
    updates: str = "tcp://localhost:5557"
    collector: str = "tcp://localhost:5558"

    @classmethod
    def at(cls, address: str, port: int) -> Self:
        """Return the server whose three ports begin with this one; the address has none."""
        return cls(*(f"{address}:{port + index}" for index in range(3)))


USUAL: Final = Server()

Pair = TypeVar("Pair", bound=KVSimple)


class Table(Generic[Pair]):
    """The pairs that a server or a client has, by key, and the number of the last update."""

    def __init__(self, kind: type[Pair]) -> None:
        self.kind = kind
        self.pairs: dict[bytes, Pair] = {}
        self.sequence = 0

    def receive(self, socket: zmq.Socket) -> Pair | None:
        """Receive a pair; if it is none, say so and return None."""
        frames = socket.recv_multipart()
        try:
            return self.kind.decode(frames)
        except ValueError as error:
            print("malformed:", error)
            return None

    # What a server does

    def collect(self, collector: zmq.Socket) -> Pair | None:
        """Receive what a client wants to change; if it cannot be, say so and return None."""
        pair = self.receive(collector)
        if pair and pair.key in COMMANDS:
            print(f"malformed: {pair.key.decode()} cannot be a key")
            return None
        return pair

    def number(self, pair: Pair) -> Pair:
        """Return a change as the next update, which is still to be published and stored."""
        self.sequence += 1
        return pair.numbered(self.sequence)

    def send(self, snapshots: zmq.Socket, peer: bytes, subtree: bytes = b"") -> None:
        """Send a client its snapshot: all pairs whose keys begin with the subtree, and the end."""
        for pair in self.pairs.values():
            if pair.key.startswith(subtree):
                snapshots.send_multipart([peer, *pair.encode()])
        end = self.kind(KTHXBAI, subtree, self.sequence)
        snapshots.send_multipart([peer, *end.encode()])

    # What a client does

    def load(self, snapshots: zmq.Socket) -> None:
        """Receive a whole snapshot into a table that is new."""
        while not self.load_one(snapshots):
            pass

    def load_one(self, snapshots: zmq.Socket) -> bool:
        """Receive one message of a snapshot; tell whether it was the last one."""
        pair = self.receive(snapshots)
        if pair is None:
            return False
        if pair.key != KTHXBAI:
            pair.store(self.pairs)
            return False
        self.sequence = pair.sequence
        return True

    def follow(self, subscriber: zmq.Socket) -> Pair | None:
        """Receive and apply an update; None if there was nothing new in the message."""
        pair = self.receive(subscriber)
        return pair if pair and self.apply(pair) else None

    def apply(self, update: Pair) -> bool:
        """Store an update unless that was done; tell whether it was new."""
        if update.key in COMMANDS or update.sequence <= self.sequence:
            return False
        self.sequence = update.sequence
        update.store(self.pairs)
        return True

    def __str__(self) -> str:
        """The size, the number, and a digest by which two tables can be compared."""
        content = sorted((each.key, each.sequence, each.body) for each in self.pairs.values())
        digest = hashlib.sha256(repr(content).encode()).hexdigest()[:16]
        return f"{len(self.pairs)} pairs at update {self.sequence}, digest {digest}"


def snapshots(context: zmq.Context) -> zmq.Socket:
    """Make a server's socket for snapshots: of any size, since a ROUTER drops what is too much."""
    return context.socket(zmq.ROUTER, linger=0, sndhwm=0)


def publish(publisher: zmq.Socket, update: KVSimple) -> None:
    """Send an update to all who subscribed before they asked for their snapshot.

    libzmq looks for new subscriptions once in a while, and whenever it is asked for events.
    """
    publisher.poll(0, zmq.POLLOUT)
    publisher.send_multipart(update.encode())


def subscribe(context: zmq.Context, endpoint: str, *topics: bytes) -> zmq.Socket:
    """Return a subscriber when it is connected, so that it is time to ask for a snapshot.

    It has room for all updates that come while that is read.
    """
    subscriber = context.socket(zmq.SUB, linger=0, rcvhwm=0)
    for topic in topics:
        subscriber.subscribe(topic)
    subscriber.wait_peers(0)  # count from now on
    subscriber.connect(endpoint)
    subscriber.wait_peers(1)
    return subscriber


def show(update: KVSimple | None) -> None:
    """Print what was changed, if anything was."""
    if update:
        key, body = update.key.decode(errors="replace"), update.body.decode(errors="replace")
        print(f"update {update.sequence}: {key} = {body}")
