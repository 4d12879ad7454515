"""Tell who is near: peers that come and go on the network, found by UDP broadcasts.

Each node has a UUID, which it broadcasts at each interval, raw, as a datagram of 16 bytes. A
thread does that, keeps a list of those heard of, and reports over its pipe. It passes over all
datagrams that are something else.
"""

import contextlib
import itertools
import threading
import uuid
from typing import Self

import zmqlite as zmq

from ..zhelpers import clock
from .udplib import Udp

UUID_SIZE = 16

_numbers = itertools.count(1)


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
        endpoint = f"inproc://interface-{next(_numbers)}"
        self._pipe = context.socket(zmq.PAIR)
        self._pipe.bind(endpoint)
        pipe = context.socket(zmq.PAIR)
        pipe.connect(endpoint)
        agent = Agent(pipe, udp, interval, expiry)
        self._thread = threading.Thread(target=agent.run)
        self._thread.start()

    def recv(self, timeout: int | None = None) -> list[bytes]:
        """Return the next event: JOINED or LEFT, and the UUID of a peer as hexadecimal digits.

        Raises:
            zmq.Timeout: nobody came or went in time.
        """
        return self._pipe.recv_multipart(timeout=timeout)

    def close(self) -> None:
        """Be seen no more; doing it again does nothing."""
        if not self._pipe.closed:
            self._pipe.send(b"")
            self._thread.join()
            self._pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Agent:
    """What an Interface does in its thread."""

    def __init__(self, pipe: zmq.Socket, udp: Udp, interval: int, expiry: int) -> None:
        self.pipe = pipe
        self.udp = udp
        self.interval = interval
        self.expiry = expiry
        self.uuid = uuid.uuid4().bytes
        self.peers: dict[bytes, int] = {}  # until when each is taken to be there

    def run(self) -> None:
        """Ping, listen and report until there is something in the pipe."""
        with contextlib.suppress(zmq.ContextTerminated), self.pipe, self.udp:
            poller = zmq.Poller()
            poller.register(self.pipe, zmq.POLLIN)
            poller.register(self.udp, zmq.POLLIN)
            next_ping = clock()
            while self.pipe not in (ready := dict(poller.poll(max(0, next_ping - clock())))):
                if self.udp in ready and (received := self.udp.recv()):
                    self.see(received[0])
                if clock() >= next_ping:
                    self.udp.send(self.uuid)
                    self.expire()
                    next_ping = clock() + self.interval

    def see(self, datagram: bytes) -> None:
        """Note that a peer is there."""
        if len(datagram) != UUID_SIZE or datagram == self.uuid:
            return
        if datagram not in self.peers:
            self.report(b"JOINED", datagram)
        self.peers[datagram] = clock() + self.expiry

    def expire(self) -> None:
        """Forget the peers that have been silent for too long."""
        for peer, end in tuple(self.peers.items()):
            if clock() >= end:
                self.report(b"LEFT", peer)
                del self.peers[peer]

    def report(self, event: bytes, peer: bytes) -> None:
        """Tell the other end of the pipe."""
        self.pipe.send_multipart([event, peer.hex().upper().encode()])
