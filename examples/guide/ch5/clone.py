"""Clone, model 6, the client as a class: a table that two servers take turns to keep.

    with Clone(context, "/client/") as clone:
        clone.connect(Server.at("tcp://localhost", 5556))
        clone.connect(Server.at("tcp://localhost", 5566))
        clone.set("/client/name", b"value", ttl=30)
        value = clone.get("/client/name")

A thread follows one server. When that is silent for too long, heartbeats included, the thread
turns to the other one and takes a new snapshot there, which replaces the table. Changes go to all
servers: so the one that is passive knows those that the other one did not live to publish. What
came too late even for that is sent again, to the server that took over.
"""

from typing import Self

import zmqlite as zmq

from ..zhelpers import console
from . import chp
from .follower import Follower
from .kvmsg import KVMsg


class Clone:
    """What the application has of a table; one thread at a time."""

    def __init__(self, context: zmq.Context, subtree: str = "", silence: int = 5000) -> None:
        """Keep a subtree (empty: all keys); give a server up after `silence` ms."""
        self._subtree = subtree
        self._actor = zmq.Actor(context, _run, subtree.encode(), silence)

    def connect(self, server: chp.Server) -> None:
        """Know one more server, to be tried after those before it."""
        self._actor.pipe.send_multipart([b"CONNECT", *(each.encode() for each in server)])

    def set(self, key: str, value: bytes, ttl: int = 0) -> None:
        """Set a value, for `ttl` seconds (0: for ever); an empty one deletes the key.

        It waits in the thread until the clone follows a server that takes it. `close` does not
        wait for that; see `unconfirmed`.

        Raises:
            ValueError: there can be no such pair, or not in this subtree.
        """
        if key.encode() in chp.COMMANDS or not key.startswith(self._subtree):
            raise ValueError(f"{key!r} cannot be a key in the subtree {self._subtree!r}")
        pair = KVMsg.new(key.encode(), value, ttl)
        self._actor.pipe.send_multipart([b"SET", *pair.encode()])

    def get(self, key: str) -> bytes | None:
        """Return the value that was set here last, or else what the server says; None: no value."""
        return next(iter(self._ask(b"GET", key.encode())), None)

    def unconfirmed(self) -> int:
        """Return how many changes were made here, and have not come back from the server."""
        return int(self._ask(b"UNCONFIRMED")[0])

    def _ask(self, *command: bytes) -> list[bytes]:
        self._actor.pipe.send_multipart(command)
        _, *reply = self._actor.pipe.recv_multipart()
        return reply

    def close(self) -> None:
        """End the thread and its connections; doing it again does nothing."""
        self._actor.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _run(pipe: zmq.Pipe, subtree: bytes, silence: int) -> None:
    agent = Agent(pipe, subtree, silence)
    try:
        agent.run()
    finally:
        agent.close()
        print(agent.follower.table)


class Agent:
    """What a clone does in its thread."""

    def __init__(self, pipe: zmq.Pipe, subtree: bytes, silence: int) -> None:
        self.pipe = pipe
        self.context = pipe.socket.context
        self.reactor = zmq.Reactor()
        self.follower = Follower(self.context, self.reactor, subtree, silence)
        self.follower.on_snapshot = self.begin
        self.follower.on_update = self.take
        self.follower.on_silence = self.give_up
        self.servers: list[chp.Server] = []
        self.current = 0  # which of them is followed
        self.publishers: dict[chp.Server, zmq.Socket] = {}  # to their collectors
        self.collecting: set[chp.Server] = set()  # whose collector is connected
        self.own: dict[bytes, KVMsg] = {}  # by UUID: what was set here, until it comes back
        self.sent: set[bytes] = set()  # which of that was sent, if only to a server that is gone

    def run(self) -> None:
        """Do what comes over the pipe, and keep the table, until ActorEnded."""
        self.reactor.reader(self.pipe.socket, lambda _: self.command(*self.pipe.recv_multipart()))
        self.pipe.ready()
        self.reactor.run()

    def close(self) -> None:
        """Close all sockets."""
        self.follower.leave()
        for publisher in self.publishers.values():
            publisher.close()

    # The application

    def command(self, command: bytes, *arguments: bytes) -> None:
        """Do what the application wants."""
        match command, arguments:
            case b"CONNECT", endpoints:
                self.connect(chp.Server(*(each.decode() for each in endpoints)))
            case b"SET", frames:
                self.set(KVMsg.decode(frames))
            case b"GET", (key,):
                own = (each for each in reversed(self.own.values()) if each.key == key)
                pair = next(own, None) or self.follower.table.pairs.get(key)
                self.pipe.send_multipart([b"OK", *([pair.body] if pair and pair.body else [])])
            case b"UNCONFIRMED", ():
                self.pipe.send_multipart([b"OK", b"%d" % len(self.own)])

    def connect(self, server: chp.Server) -> None:
        """Know one more server, and begin with it if it is the first."""
        # An XPUB knows who listens; with `immediate` it keeps nothing for one that is not there.
        publisher = self.context.socket(zmq.XPUB, immediate=True, sndhwm=0)
        publisher.connect(server.collector)
        self.reactor.reader(publisher, lambda _: self.hear_collector(server))
        self.publishers[server] = publisher
        self.servers.append(server)
        if len(self.servers) == 1:
            self.turn_to(0)

    def set(self, pair: KVMsg) -> None:
        """Send a change to the servers, as soon as the one that is followed takes it."""
        self.own[pair.uuid] = pair
        if self.is_ready():
            self.send(pair)

    def is_ready(self) -> bool:
        """Whether the server that is followed takes changes, and its updates come here."""
        return self.follower.synced and self.servers[self.current] in self.collecting

    def send(self, pair: KVMsg) -> None:
        """Send a change to all servers that are there."""
        self.sent.add(pair.uuid)
        for publisher in self.publishers.values():
            publisher.send_multipart(pair.encode())

    def send_all(self) -> None:
        """Send what has not come back, again if need be: a server knows again what it has.

        Since it does not publish that twice, what was sent again is not waited for without end.
        """
        if self.is_ready():
            again = [uuid for uuid in self.own if uuid in self.sent]
            self.reactor.timer(self.follower.silence, lambda: self.forget(again), times=1)
            for pair in self.own.values():
                self.send(pair)

    def hear_collector(self, server: chp.Server) -> None:
        """Learn whether the collector of a server is connected."""
        if self.publishers[server].recv_multipart()[0][:1] == b"\1":
            self.collecting.add(server)
            if server == self.servers[self.current]:
                self.send_all()
        else:
            self.collecting.discard(server)

    # The server that is followed

    def turn_to(self, index: int) -> None:
        """Follow this server."""
        self.current = index
        console(f"turning to {self.servers[index].snapshots}")
        self.follower.follow(self.servers[index])

    def begin(self) -> None:
        """Go on from a snapshot, with what was set here and is not in it."""
        print("snapshot:", self.follower.table)
        for pair in self.follower.table.pairs.values():
            self.confirm(pair)
        self.send_all()

    def take(self, update: KVMsg) -> None:
        """Look whether an update is what was set here."""
        chp.show(update)
        self.confirm(update)

    def confirm(self, pair: KVMsg) -> None:
        """Take what was set here for done, and what was set before it for the same key."""
        if pair.uuid in self.own:
            uuids = [each.uuid for each in self.own.values() if each.key == pair.key]
            self.forget(uuids[: uuids.index(pair.uuid) + 1])

    def forget(self, uuids: list[bytes]) -> None:
        """Wait no longer for these to come back."""
        for uuid in uuids:
            self.own.pop(uuid, None)
            self.sent.discard(uuid)

    def give_up(self) -> None:
        """Turn to the next server, since this one is silent."""
        console(f"no word from {self.servers[self.current].snapshots}")
        self.turn_to((self.current + 1) % len(self.servers))
