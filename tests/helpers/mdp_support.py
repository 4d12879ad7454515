"""The other side of MDP 0.1, in plain frames: what a program in any language sends and receives."""

from __future__ import annotations

from support import DEADLINE

import zmqlite as zmq

CLIENT = b"MDPC01"
WORKER = b"MDPW01"
READY, REQUEST, REPLY, HEARTBEAT, DISCONNECT = (bytes([number]) for number in range(1, 6))

WAIT = int(DEADLINE * 1000)
FOREVER = 1_000_000  # a heartbeat that does not come while a test runs


class Dealer:
    """A client or worker of a broker, or both."""

    def __init__(self, socket: zmq.Socket, endpoint: str) -> None:
        self.socket = socket
        socket.connect(endpoint)

    def send(self, *frames: bytes) -> None:
        self.socket.send_multipart([b"", *frames])

    def recv(self) -> list[bytes]:
        empty, *frames = self.socket.recv_multipart(timeout=WAIT)
        assert empty == b""
        return frames

    def is_silent(self) -> bool:
        return not self.socket.poll(0)

    def knows(self, service: bytes) -> bool:
        """Ask the broker for a service; it has then seen all that was sent from here before."""
        self.send(CLIENT, b"mmi.service", service)
        while (answer := self.recv()) == [WORKER, HEARTBEAT]:
            pass
        assert answer[:2] == [CLIENT, b"mmi.service"]
        assert answer[2:] in ([b"200"], [b"404"])
        return answer[2] == b"200"

    def register(self, service: bytes) -> None:
        """Be a worker, and come back when the broker knows it."""
        self.send(WORKER, READY, service)
        assert self.knows(service)

    def serve(self, client: bytes, request: bytes, reply: bytes) -> None:
        """Expect a request of a client, and reply to it."""
        assert self.recv() == [WORKER, REQUEST, client, b"", request]
        self.send(WORKER, REPLY, client, b"", reply)
