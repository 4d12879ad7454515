"""The Majordomo Protocol, version 0.1 (ZeroMQ RFC 7): its headers, commands and connections.

One ROUTER at the broker talks to clients (REQ or DEALER) and workers (DEALER). On a DEALER every
message starts with an empty frame, and then:

    request     client to broker   MDPC01, service, body ...
    reply       broker to client   MDPC01, service, body ...
    READY       worker to broker   MDPW01, 1, service
    REQUEST     broker to worker   MDPW01, 2, client, empty, body ...
    REPLY       worker to broker   MDPW01, 3, client, empty, body ...
    HEARTBEAT   both ways          MDPW01, 4
    DISCONNECT  both ways          MDPW01, 5

Services whose names start with `mmi.` are the broker's own (RFC 8).
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import zmqlite as zmq

from ..zhelpers import console

CLIENT = b"MDPC01"
WORKER = b"MDPW01"

READY = b"\x01"
REQUEST = b"\x02"
REPLY = b"\x03"
HEARTBEAT = b"\x04"
DISCONNECT = b"\x05"

INTERNAL = b"mmi."

LIVENESS = 3
"""How many heartbeats may be missing before a peer is taken for dead."""


class Peer:
    """A client's or worker's connection to a broker, which can be thrown away and made anew.

    What was sent and is still under way then is dropped. `verbose` reports what happens.
    """

    def __init__(
        self, context: zmq.Context, kind: zmq.SocketType, broker: str, verbose: bool
    ) -> None:
        self.context = context
        self.kind = kind
        self.broker = broker
        self.verbose = verbose
        self.connect()

    def connect(self) -> None:
        """Connect to the broker through a fresh socket."""
        self.socket = self.context.socket(self.kind, linger=0)
        self.socket.connect(self.broker)
        self.report(f"connecting to {self.broker}")

    def reconnect(self) -> None:
        """Throw the socket away, and connect through another."""
        self.socket.close()
        self.connect()

    def report(self, text: str) -> None:
        """Print what happened, if that is wanted."""
        if self.verbose:
            console(text)

    def close(self) -> None:
        """Close the socket; what is under way is dropped."""
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
