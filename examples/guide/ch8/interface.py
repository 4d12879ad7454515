"""Tell who is near: peers that come and go on the network, found by UDP broadcasts.

Each node has a UUID, which it broadcasts at each interval, raw, as a datagram of 16 bytes. An actor
does that, keeps a list of those heard of, and reports over its pipe. It passes over all datagrams
that are something else.
"""

import uuid
from collections.abc import Callable
from typing import Self

import zmqlite as zmq

from ..zhelpers import clock
from .udplib import Udp

UUID_SIZE = 16


class Interface:
    """A node that is seen by others near it while it is open, and sees them.

    `port` and `interface` are those of Udp. The node pings at each `interval`, and a peer that
    was silent for `expiry` has left. Close it before its context.

    Raises:
        ValueError, OSError: see Udp.
    """

    def __init__(
        self,
        context: zmq.Context,
        port: int = 9999,
        interface: str = "",
        interval: int = 1000,
        expiry: int = 5000,
    ) -> None:
        udp = Udp(port, interface)
        self.port = udp.port
        self._actor = zmq.Actor(context, be_seen, udp, interval, expiry)

    def recv(self, timeout: int | None = None) -> list[bytes]:
        """Return the next event: JOINED or LEFT, and the UUID of a peer as hexadecimal digits.

        Raises:
            zmq.Timeout: nobody came or went in time.
        """
        return self._actor.pipe.recv_multipart(timeout=timeout)

    def close(self) -> None:
        """Be seen no more; doing it again does nothing."""
        self._actor.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Agent:
    """What an Interface does in its actor; events go to `report`."""

    def __init__(self, udp: Udp, expiry: int, report: Callable[[list[bytes]], object]) -> None:
        self.udp = udp
        self.expiry = expiry
        self.report = report
        self.uuid = uuid.uuid4().bytes
        self.peers: dict[bytes, int] = {}  # until when each is taken to be there

    def ping(self) -> None:
        """Be seen, and see who no longer is."""
        self.udp.send(self.uuid)
        for peer, end in tuple(self.peers.items()):
            if clock() >= end:
                self.tell(b"LEFT", peer)
                del self.peers[peer]

    def listen(self, udp: Udp) -> None:
        """Take in a datagram."""
        if received := udp.recv():
            self.see(received[0])

    def see(self, datagram: bytes) -> None:
        """Note that a peer is there."""
        if len(datagram) != UUID_SIZE or datagram == self.uuid:
            return
        if datagram not in self.peers:
            self.tell(b"JOINED", datagram)
        self.peers[datagram] = clock() + self.expiry

    def tell(self, event: bytes, peer: bytes) -> None:
        """Report what a peer did."""
        self.report([event, peer.hex().upper().encode()])


def be_seen(pipe: zmq.Pipe, udp: Udp, interval: int, expiry: int) -> None:
    """Ping, listen and report, until there is something in the pipe, which is its end."""
    with udp:
        agent = Agent(udp, expiry, pipe.send_multipart)
        reactor = zmq.Reactor()
        reactor.reader(pipe.socket, lambda _: reactor.stop())
        reactor.reader(udp, agent.listen)
        reactor.timer(interval, agent.ping)
        agent.ping()
        pipe.ready()
        reactor.run()
