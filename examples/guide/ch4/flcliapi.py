"""Freelance, model 3, the client: one of many servers answers, the next when it does not (ROUTER).

    with FreelanceClient(context) as client:
        client.connect("tcp://localhost:5555")
        client.connect("tcp://localhost:5556")
        reply = client.request(b"Hello world")

A ROUTER socket gives nobody a turn: it sends to whom it is told to. So the client knows whom it
asked, keeps to a server that answers, and turns to the next one when it does not. Servers that are
silent are pinged, also between requests: hence the actor, which owns the ROUTER and takes commands
over its pipe. Protocol: FLP, ZeroMQ RFC 10.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import zmqlite as zmq

from ..zhelpers import clock

AN_HOUR = 3_600_000

OPTIONS: Any = {"linger": 0, "router_mandatory": True, "immediate": True}
"""Refuse what cannot be delivered, and have no queue for a server that is not connected: else one
that was killed would still be asked."""


class Times(NamedTuple):
    """The durations of a client, in milliseconds."""

    timeout: int = 3000
    """How long a request may take, with all its retries."""
    retry: int = 1000
    """After how long without a reply the next server is asked."""
    ping: int = 2000
    """After how much silence a server gets a ping."""
    expiry: int = 6000
    """After how much silence a server is taken as dead, and asked nothing until it is back."""
    pause: int = 100
    """What each new connection gets to come up, before the caller goes on."""


USUAL = Times()


class FreelanceClient:
    """What the application has of a client; one thread at a time, one request at a time."""

    def __init__(self, context: zmq.Context, times: Times = USUAL) -> None:
        self._times = times
        self._actor = zmq.Actor(context, serve, context, times)

    def connect(self, endpoint: str) -> None:
        """Know one more server. The endpoint is also its name, so it must be spelt as it does."""
        self._actor.pipe.send_multipart([b"CONNECT", endpoint.encode()])
        time.sleep(self._times.pause / 1000)

    def request(self, *body: bytes) -> list[bytes]:
        """Return the body of the reply.

        Raises:
            TimeoutError: none of the servers replied in time.
        """
        self._actor.pipe.send_multipart([b"REQUEST", *body])
        status, *reply = self._actor.pipe.recv_multipart()
        if status != b"OK":
            raise TimeoutError(f"no server replied in {self._times.timeout} ms")
        return reply

    def close(self) -> None:
        """End the actor and its connections; doing it again does nothing."""
        self._actor.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@dataclass
class Server:
    """What is known of a server: when to ping it, and until when it counts as alive."""

    name: bytes
    ping_at: int
    expires: int


@dataclass
class Request:
    """What was asked, until when a reply is wanted, and when to turn to the next server."""

    number: bytes
    body: list[bytes]
    expires: int
    retry_at: int


class Agent:
    """What a client does in its actor. The server to ask first is the first of `servers`.

    The outcome of each request goes to `answer`: OK with the reply, or FAILED.
    """

    def __init__(
        self, router: zmq.Socket, times: Times, answer: Callable[[list[bytes]], object]
    ) -> None:
        self.router = router
        self.times = times
        self.answer = answer
        self.servers: deque[Server] = deque()
        self.request: Request | None = None
        self.requests = 0

    def command(self, command: bytes, *arguments: bytes) -> None:
        """Do what the application wants."""
        now = clock()
        if command == b"CONNECT":
            (name,) = arguments
            self.router.connect(name.decode())
            self.servers.append(Server(name, now + self.times.ping, now + self.times.expiry))
        elif command == b"REQUEST":
            self.requests += 1
            number = b"%d" % self.requests
            self.request = Request(number, list(arguments), now + self.times.timeout, now)
            self.ask()

    def message(self, name: bytes, *message: bytes) -> None:
        """Note that a server is alive, and pass its reply on if it is the one that is wanted."""
        server = next((each for each in self.servers if each.name == name), None)
        if server is None:
            return
        now = clock()
        server.ping_at = now + self.times.ping
        server.expires = now + self.times.expiry
        match message:  # PONG is no number
            case [number, *reply] if self.request and number == self.request.number:
                self.request = None
                self.answer([b"OK", *reply])

    def ask(self) -> None:
        """Send the request to the next server that is alive and connected."""
        assert self.request
        now = clock()
        self.request.retry_at = now + self.times.retry
        for _ in range(len(self.servers)):
            server = self.servers[0]
            if now < server.expires and self.send(server, self.request.number, *self.request.body):
                return
            self.servers.rotate(-1)

    def send(self, server: Server, *frames: bytes) -> bool:
        """Send without waiting; tell whether somebody was there to send to."""
        try:
            self.router.send_multipart([server.name, *frames], zmq.DONTWAIT)
        except (zmq.HostUnreachable, zmq.Again):
            return False
        return True

    def wait(self) -> int:
        """Return how long there is nothing to do but to listen, in milliseconds."""
        times = [server.ping_at for server in self.servers]
        if self.request:
            times += [self.request.retry_at, self.request.expires]
        now = clock()
        return max(0, min(times, default=now + AN_HOUR) - now)

    def act(self) -> None:
        """Do what it is time for: give the request up, ask the next server, ping the silent."""
        now = clock()
        if self.request and now >= self.request.expires:
            self.request = None
            self.answer([b"FAILED"])
        elif self.request and now >= self.request.retry_at:
            self.servers.rotate(-1)
            self.ask()
        for server in self.servers:
            if now >= server.ping_at:
                self.send(server, b"PING")
                server.ping_at = now + self.times.ping


def serve(pipe: zmq.Pipe, context: zmq.Context, times: Times) -> None:
    """Do what comes over the pipe, until that ends."""
    with context.socket(zmq.ROUTER, **OPTIONS) as router:
        agent = Agent(router, times, pipe.send_multipart)
        poller = zmq.Poller()
        poller.register(pipe.socket, zmq.POLLIN)
        poller.register(router, zmq.POLLIN)
        pipe.ready()
        while True:
            ready = dict(poller.poll(agent.wait()))
            if router in ready:
                agent.message(*router.recv_multipart())
            if pipe.socket in ready:
                agent.command(*pipe.recv_multipart())
            agent.act()
