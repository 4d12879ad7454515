"""Majordomo's worker: register for a service, and get its requests one by one (DEALER).

with MajordomoWorker(context, "tcp://localhost:5555", b"echo") as worker:
    request = worker.recv()
    while True:
        request = worker.recv(reply=request)
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import zmqlite as zmq

from ..zhelpers import clock
from . import mdp

GOODBYE = 200
"""Milliseconds for the last message to leave, at the end."""


class MajordomoWorker(mdp.Peer):
    """A worker that registers again whenever the broker is lost.

    It expects a heartbeat, or anything else, every `heartbeat` milliseconds. After three without
    one it waits for `reconnect` milliseconds and connects anew. There is no thread of its own: it
    sends heartbeats, too, but only inside `recv`, and the broker expects none while it works.
    """

    def __init__(
        self,
        context: zmq.Context,
        broker: str,
        service: bytes,
        *,
        heartbeat: int = 2500,
        reconnect: int = 2500,
        verbose: bool = False,
    ) -> None:
        self.service = service
        self.heartbeat = heartbeat
        self.delay = reconnect
        self._client = b""
        super().__init__(context, zmq.DEALER, broker, verbose)

    def connect(self) -> None:
        """Connect through a fresh socket, and register."""
        super().connect()
        self._send(mdp.READY, self.service)
        self._beat_at = clock() + self.heartbeat

    def recv(self, reply: Sequence[bytes] | None = None) -> list[bytes]:
        """Reply to the last request, if there is something to reply; return the body of the next.

        Waits for ever, through any number of connections.
        """
        if reply is not None:
            self._send(mdp.REPLY, self._client, b"", *reply)
        expiry = clock() + mdp.LIVENESS * self.heartbeat
        while True:
            if self.socket.poll(max(0, self._beat_at - clock())):
                expiry = clock() + mdp.LIVENESS * self.heartbeat
                request = self._handle(self.socket.recv_multipart())
                if request is not None:
                    return request
            elif clock() >= expiry:
                self.report(f"the broker is silent, connecting anew in {self.delay} ms")
                if not self.socket.poll(self.delay):  # rather than sleep: it may be back
                    self.reconnect()
                expiry = clock() + mdp.LIVENESS * self.heartbeat
            if clock() >= self._beat_at:
                self._send(mdp.HEARTBEAT)
                self._beat_at = clock() + self.heartbeat

    def _handle(self, message: list[bytes]) -> list[bytes] | None:
        match message:
            case [b"", mdp.WORKER, mdp.REQUEST, client, b"", *body]:
                self._client = client
                return body
            case [b"", mdp.WORKER, mdp.HEARTBEAT]:
                pass
            case [b"", mdp.WORKER, mdp.DISCONNECT]:
                self.report("the broker does not know this worker, connecting anew")
                self.reconnect()
            case _:
                self.report(f"malformed message: {message}")
        return None

    def _send(self, command: bytes, *frames: bytes) -> None:
        self.socket.send_multipart([b"", mdp.WORKER, command, *frames])

    def close(self) -> None:
        """Tell the broker that no more requests are wanted, and close the socket."""
        with contextlib.suppress(zmq.ContextTerminated, zmq.SocketClosed):
            self._send(mdp.DISCONNECT)
        self.socket.close(linger=GOODBYE)
