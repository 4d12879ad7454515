"""Majordomo's asynchronous client: send many requests, and take the replies later (DEALER).

    with MajordomoAsyncClient(context, "tcp://localhost:5555") as client:
        client.send(b"echo", b"Hello world")
        reply = client.recv()

Nothing is sent again, and with several workers replies may come in another order.
"""

import zmqlite as zmq

from ..zhelpers import clock
from . import mdp


class MajordomoAsyncClient(mdp.Peer):
    """Requests without waiting for replies; `timeout`, in milliseconds, is for one reply."""

    def __init__(
        self, context: zmq.Context, broker: str, *, timeout: int = 2500, verbose: bool = False
    ) -> None:
        super().__init__(context, zmq.DEALER, broker, verbose)
        self.timeout = timeout

    def send(self, service: bytes, *body: bytes) -> None:
        """Send a request; it waits only while the queue to the broker is full.

        Raises:
            TimeoutError: there was no room in time, maybe because there is no broker.
        """
        # A DEALER adds no empty frame, as a REQ does.
        self.socket.send_multipart([b"", mdp.CLIENT, service, *body], timeout=self.timeout)

    def recv(self) -> list[bytes]:
        """Return the body of the next reply, of whatever service.

        Raises:
            TimeoutError: no good reply came in time.
        """
        deadline = clock() + self.timeout
        while self.socket.poll(max(0, deadline - clock())):
            match self.socket.recv_multipart():
                case [b"", mdp.CLIENT, _, *reply]:
                    return reply
                case message:
                    self.report(f"malformed reply: {message}")
        raise TimeoutError(f"no reply in {self.timeout} ms")
