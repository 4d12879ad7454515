"""Majordomo's client: a service answers, or the request is sent again, or it is given up (REQ).

with MajordomoClient(context, "tcp://localhost:5555") as client:
    reply = client.request(b"echo", b"Hello world")
"""

import zmqlite as zmq

from . import mdp


class MajordomoClient(mdp.Peer):
    """One request at a time, sent again through a fresh socket when there was no reply.

    `timeout`, in milliseconds, is for one try; `tries` counts the first one, too. Both can be
    changed at any time.
    """

    def __init__(
        self,
        context: zmq.Context,
        broker: str,
        *,
        timeout: int = 2500,
        tries: int = 3,
        verbose: bool = False,
    ) -> None:
        super().__init__(context, zmq.REQ, broker, verbose)
        self.timeout = timeout
        self.tries = tries

    def request(self, service: bytes, *body: bytes) -> list[bytes]:
        """Return the body of the service's reply.

        Raises:
            TimeoutError: no good reply came in all tries.
        """
        for left in reversed(range(self.tries)):
            self.socket.send_multipart([mdp.CLIENT, service, *body])
            if self.socket.poll(self.timeout):
                match self.socket.recv_multipart():
                    case [mdp.CLIENT, name, *reply] if name == service:
                        return reply
                    case message:
                        self.report(f"malformed reply: {message}")
            self.report("no reply, trying again" if left else "no reply, giving up")
            self.reconnect()
        raise TimeoutError(f"no reply of service {service!r} in {self.tries} tries")
