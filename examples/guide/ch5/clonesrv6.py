"""Clone, model 6, the server: two of them, of which one is active (ROUTER, PUB, SUB, Binary Star).

The passive server follows the active one as a client does. Changes come to both; the passive one
keeps those that the other one has not published, and publishes them itself when it takes over.

    python -m examples.guide.ch5.clonesrv6 primary
    python -m examples.guide.ch5.clonesrv6 backup
    python -m examples.guide.ch5.clonecli6
"""

from typing import Final

import zmqlite as zmq

from ...program import run
from ..ch4 import bstar
from . import chp, clonesrv5
from .follower import Follower
from .kvmsg import KVMsg

PORTS: Final = {bstar.State.PRIMARY: 5556, bstar.State.BACKUP: 5566}
"""The first of three, for snapshots, updates and changes."""

MEMORY: Final = 10_000
"""Updates that are known again when the client's own message comes after them."""


class Server(clonesrv5.Server):
    """The server of model 5, active or passive."""

    def __init__(
        self, star: bstar.BinaryStar, publisher: zmq.Socket, peer: chp.Server, silence: int
    ) -> None:
        super().__init__(publisher)
        self.star = star
        self.peer = peer
        self.follower = Follower(star.context, star.reactor, b"", silence)
        self.follower.on_snapshot = self.begin
        self.follower.on_update = self.take
        self.follower.on_silence = self.follow
        self.pending: dict[bytes, KVMsg] = {}  # by UUID: what the peer has not published
        self.known: dict[bytes, None] = {}  # by UUID: what was published; the oldest first
        self.followed = 0  # the number of the peer's last update
        star.on_active = self.take_over
        star.on_passive = self.follow

    def is_active(self) -> bool:
        """Whether it is this server that clients are to follow."""
        return self.star.state is bstar.State.ACTIVE

    def collect(self, collector: zmq.Socket) -> None:
        """Take a change in, or keep it until the peer has, too."""
        pair = self.table.collect(collector)
        if pair is None:
            return
        if not pair.uuid:  # it could not be known again
            print("malformed: a change has no UUID")
        elif pair.uuid in self.known:
            return
        elif self.is_active():
            self.change(pair)
        else:
            self.pending[pair.uuid] = pair

    def change(self, pair: KVMsg) -> None:
        """Number a change, tell everybody, and store it; it will be known again."""
        self.remember(pair.uuid)
        super().change(pair)

    def flush(self) -> None:
        """Delete what has come to its end; the passive server hears of it from the active one."""
        if self.is_active():
            super().flush()

    def beat(self) -> None:
        """Tell all who follow that this server is there."""
        chp.publish(self.publisher, KVMsg(chp.HUGZ))

    def follow(self) -> None:
        """Follow the peer, since this server is passive."""
        self.follower.follow(self.peer)

    def begin(self) -> None:
        """Go on from the peer's snapshot: all that came here before is in there, or will come."""
        self.table = self.follower.table
        self.followed = self.table.sequence
        self.pending.clear()
        for pair in self.table.pairs.values():
            self.remember(pair.uuid)
        print("snapshot:", self.table)

    def take(self, update: KVMsg) -> None:
        """Keep an update of the peer; if some before it are missing, begin again."""
        chp.show(update)
        update.lasting().store(self.table.pairs)
        self.pending.pop(update.uuid, None)
        self.remember(update.uuid)
        self.followed += 1
        if update.sequence != self.followed:
            print(f"update {self.followed} is missing")
            self.follow()

    def remember(self, uuid: bytes) -> None:
        """Know a change again if it comes from the client after it was published."""
        self.known[uuid] = None
        if len(self.known) > MEMORY:
            del self.known[next(iter(self.known))]

    def take_over(self) -> None:
        """Be the active server, beginning with what the other one did not live to publish."""
        self.follower.leave()
        for pair in self.pending.values():
            self.change(pair)
        print(f"published {len(self.pending)} changes that were pending")
        self.pending.clear()


def main(
    role: str,
    snapshots: str = "",
    updates: str = "",
    collector: str = "",
    local: str = "",
    remote: str = "",
    peer_snapshots: str = "",
    peer_updates: str = "",
    heartbeat: int = 1000,
    flush: int = 1000,
    silence: int = 5000,
) -> None:
    """Be the `primary` or the `backup`; endpoints that are not given are the usual ones of it.

    Clients, too, get a sign of life each `heartbeat` ms. A peer that says nothing for `silence` ms
    is asked for a snapshot again.
    """
    state = bstar.role(role)
    usual = chp.Server.at("tcp://*", PORTS[state])
    (other,) = PORTS.keys() - {state}
    usual_peer = chp.Server.at("tcp://localhost", PORTS[other])
    usual_local, usual_remote = bstar.STATE_ENDPOINTS[state]
    reactor = zmq.Reactor()
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB, linger=0) as publisher,
        context.socket(zmq.SUB, linger=0) as changes,
    ):
        star = bstar.BinaryStar(
            context, reactor, state, local or usual_local, remote or usual_remote, heartbeat
        )
        peer = usual_peer._replace(
            snapshots=peer_snapshots or usual_peer.snapshots,
            updates=peer_updates or usual_peer.updates,
        )
        server = Server(star, publisher, peer, silence)
        print("bound", publisher.bind(updates or usual.updates), "for updates")
        changes.subscribe(b"")
        print("bound", changes.bind(collector or usual.collector), "as collector")
        reactor.reader(changes, server.collect)
        reactor.timer(heartbeat, server.beat)
        reactor.timer(flush, server.flush)
        star.voter(snapshots or usual.snapshots, zmq.ROUTER, server.answer, sndhwm=0)
        try:
            reactor.run()
        except bstar.SplitBrain as error:
            raise SystemExit(f"{error}, stopping") from None
        finally:
            print(server.table)


if __name__ == "__main__":
    run(main)
