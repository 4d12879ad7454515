"""Clone's protocol (CHP) in plain frames, and its servers to be spoken to."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any, NamedTuple

from ports import WAIT, Programs
from support import Make, eventually

import zmqlite as zmq

Frames = list[bytes]


def number(value: int) -> bytes:
    """A sequence number on the wire."""
    return value.to_bytes(8, "big", signed=True)


class Form(NamedTuple):
    """How the models of one kind write a pair, without properties."""

    full: bool

    def pair(self, key: bytes, sequence: int, body: bytes) -> Frames:
        middle = [uuid(key, body), b""] if self.full else []
        return [key, number(sequence), *middle, body]

    def end(self, sequence: int, body: bytes = b"") -> Frames:
        middle = [b"", b""] if self.full else []
        return [b"KTHXBAI", number(sequence), *middle, body]


def uuid(key: bytes, body: bytes) -> bytes:
    """The UUID of a change, by which it is told from those of other values."""
    return hashlib.sha256(key + body).digest()[:16]


SIMPLE = Form(full=False)
FULL = Form(full=True)

FORMS = {3: SIMPLE, 4: SIMPLE, 5: FULL, 6: FULL}
HEARTBEAT = [b"HUGZ", bytes(8), b"", b"", b""]
ANY_PORT = "tcp://127.0.0.1:*"


def till_end(dealer: zmq.Socket) -> list[Frames]:
    """The messages of a snapshot, with the last one."""
    messages = [dealer.recv_multipart()]
    while messages[-1][0] != b"KTHXBAI":
        messages.append(dealer.recv_multipart())
    return messages


class Speaker:
    """The sockets by which a server in plain frames speaks to one who follows it."""

    peer: bytes

    def __init__(self, make: Make) -> None:
        self.make = make
        self.router = make(zmq.ROUTER, rcvtimeo=WAIT)
        self.publisher = make(zmq.XPUB, rcvtimeo=WAIT, xpub_verboser=True, sndhwm=0)

    def is_asked(self, subtree: bytes) -> None:
        """Come back when there is a subscription, and a request for a snapshot."""
        wanted = {b"\1" + subtree, b"\1HUGZ"}
        while wanted:
            event = self.publisher.recv()
            assert event in wanted | {b"\0" + subtree, b"\0HUGZ"}
            wanted.discard(event)
        self.peer, *request = self.router.recv_multipart()
        assert request == [b"ICANHAZ?", subtree]

    def snapshot(self, *messages: Frames) -> None:
        for message in messages:
            self.router.send_multipart([self.peer, *message])

    def publish(self, *messages: Frames) -> None:
        for message in messages:
            self.publisher.send_multipart(message)


class Server:
    """A server that runs, and the sockets of raw clients."""

    def __init__(self, make: Make, programs: Programs, model: int, flush: int = 1000) -> None:
        self.make = make
        self.model = model
        self.form = FORMS[model]
        self.program = programs.start(*self.command(flush))
        bound = [self.program.line().split()[1] for _ in range(3)]
        self.snapshots, self.updates, collector = bound[-1:] + bound[:-1] if model == 6 else bound
        self.pusher = make(zmq.PUSH) if model < 6 else make(zmq.XPUB, rcvtimeo=WAIT, sndhwm=0)
        self.pusher.connect(collector)
        if model == 6:
            assert self.pusher.recv() == b"\1"
            assert self.peer.recv() == b"\1"
            self.peer.send(b"2")  # the backup is waiting
            self.program.until(".*now active", "published 0 changes that were pending")
        self.subscriber = self.subscribe()
        self.dealer = self.another()
        assert self.snapshot() == [self.form.end(0)]

    def command(self, flush: int) -> list[str]:
        """The server and its endpoints; in model 6 it is the primary, and this the backup."""
        options = {"snapshots": ANY_PORT, "updates": ANY_PORT, "collector": ANY_PORT}
        role = []
        if self.model == 6:
            role = ["primary"]
            self.peer = self.make(zmq.XPUB, rcvtimeo=WAIT)
            options |= {"local": ANY_PORT, "remote": self.peer.bind(ANY_PORT)}
        if self.model > 4:
            options["flush"] = str(flush)
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [f"ch5.clonesrv{self.model}", *role, *words]

    def subscribe(self) -> zmq.Socket:
        """One more subscriber to all."""
        return subscribe(self.make, self.updates)

    def another(self) -> zmq.Socket:
        """One more client that asks for snapshots."""
        dealer = self.make(zmq.DEALER, rcvtimeo=WAIT)
        dealer.connect(self.snapshots)
        return dealer

    def snapshot(self, subtree: bytes = b"") -> list[Frames]:
        """Ask for a snapshot, and return its messages up to the end of it."""
        request = [b"ICANHAZ?"] if self.model == 3 else [b"ICANHAZ?", subtree]
        self.dealer.send_multipart(request)
        return till_end(self.dealer)

    def set(self, key: bytes, body: bytes) -> None:
        self.pusher.send_multipart(self.form.pair(key, 0, body))

    def update(self) -> Frames:
        """The next update, heartbeats left out."""
        while (update := self.subscriber.recv_multipart())[0] == b"HUGZ":
            assert update == HEARTBEAT
        return update


def subscribe(make: Make, endpoint: str) -> zmq.Socket:
    """A subscriber to all, once it is connected."""
    subscriber = make(zmq.SUB, rcvtimeo=WAIT, rcvhwm=0)
    subscriber.subscribe(b"")
    with subscriber.monitor(zmq.MonitorEvent.HANDSHAKE_SUCCEEDED) as monitor:
        subscriber.connect(endpoint)
        monitor.recv(timeout=WAIT)
    return subscriber


def again(make: Make, old: zmq.Socket, **options: Any) -> zmq.Socket:
    """Close a socket of a server, and return another one of its type in its place."""
    endpoint = old.last_endpoint
    new = make(zmq.SocketType(old.type), rcvtimeo=WAIT, **options)
    old.close()

    def bind() -> bool:
        with contextlib.suppress(zmq.AddressInUse):  # libzmq's thread may still have to close it
            return bool(new.bind(endpoint))
        return False

    eventually(bind)
    return new
