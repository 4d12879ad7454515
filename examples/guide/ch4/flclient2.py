"""Freelance, model 2, the client: ask all servers at once, take the first reply (DEALER).

The requests are numbered, so that replies to an earlier one, of servers that were slower, can be
told from those to the present one, and dropped. Servers with a REP socket expect the empty frame
that a REQ socket would send, and send it back.

    python -m examples.guide.ch4.flserver2 "tcp://*:5555"
    python -m examples.guide.ch4.flserver2 "tcp://*:5556"
    python -m examples.guide.ch4.flclient2 tcp://localhost:5555 tcp://localhost:5556
"""

from typing import Self

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock
from .rounds import measure


class FreelanceClient:
    """A socket connected to all servers, and the number of the last request."""

    def __init__(self, context: zmq.Context, servers: tuple[str, ...], timeout: int) -> None:
        self.socket = context.socket(zmq.DEALER, linger=0)
        for endpoint in servers:
            self.socket.connect(endpoint)
        self.servers = len(servers)
        self.timeout = timeout
        self.number = 0

    def request(self, body: bytes) -> list[bytes]:
        """Ask all servers; return the body of the first reply.

        Raises:
            TimeoutError: there was none in time.
        """
        self.number += 1
        number = b"%d" % self.number
        for _ in range(self.servers):  # a DEALER sends to its peers in turn
            self.socket.send_multipart([b"", number, body])
        deadline = clock() + self.timeout
        while self.socket.poll(max(0, deadline - clock())):
            match self.socket.recv_multipart():
                case [b"", sent, *reply] if sent == number and reply:
                    return reply
        raise TimeoutError(f"no server replied in {self.timeout} ms")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()


def main(*servers: str, count: int = 10_000, interval: int = 0, timeout: int = 2500) -> None:
    """Ask all servers `count` times, each `interval` ms after the reply to the one before.

    A request that none of them answers within `timeout` ms ends the program.
    """
    if not servers:
        raise SystemExit("flclient2 needs the endpoint of at least one server")
    with zmq.Context() as context, FreelanceClient(context, servers, timeout) as client:
        measure(lambda: client.request(b"random name"), count, interval)


if __name__ == "__main__":
    run(main)
