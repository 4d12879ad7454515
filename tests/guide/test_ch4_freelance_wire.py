"""Freelance on the wire: raw servers against its clients, and raw clients against its servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from ports import WAIT
from support import Make, Pair, Run, eventually, unique_ipc

import zmqlite as zmq
from examples.guide.ch4 import flcliapi, flserver1, flserver2, flserver3
from examples.guide.ch4.flcliapi import Agent, Times
from examples.guide.ch4.flclient2 import FreelanceClient as Shotgun


class Server:
    """A server of FLP in plain frames, under the endpoint that is its name."""

    def __init__(self, make: Make) -> None:
        self.endpoint = unique_ipc()
        self.socket = make(
            zmq.ROUTER, routing_id=self.endpoint.encode(), router_mandatory=True, linger=0
        )
        self.socket.bind(self.endpoint)
        self.client = b""

    def recv(self) -> list[bytes]:
        """The next message, after the id of the client."""
        self.client, *message = self.socket.recv_multipart(timeout=WAIT)
        return message

    def send(self, *message: bytes) -> None:
        self.socket.send_multipart([self.client, *message])

    def is_silent(self) -> bool:
        return not self.socket.poll(0)


@pytest.fixture
def server(make: Make) -> Server:
    return Server(make)


@pytest.fixture
def other(make: Make) -> Server:
    return Server(make)


# Model 3, the client: its rules, at a time that the test sets


class Bench:
    """An agent without its actor, connected to some servers."""

    now = 0

    def __init__(self, pair: Pair, make: Make) -> None:
        self.application, pipe = pair(zmq.PAIR, zmq.PAIR)
        self.router = make(zmq.ROUTER, **flcliapi.OPTIONS)
        self.agent = Agent(self.router, Times(), pipe.send_multipart)

    def connect(self, *servers: Server) -> None:
        for server in servers:
            self.agent.command(b"CONNECT", server.endpoint.encode())
            eventually(self.agent.send, self.agent.servers[-1], b"up")
            assert server.recv() == [b"up"]

    def at(self, now: int) -> None:
        """Let the agent do what is to be done at a time."""
        self.now = now
        self.agent.act()

    def take(self) -> None:
        """Let the agent take one message of a server."""
        self.agent.message(*self.router.recv_multipart(timeout=WAIT))

    def told(self) -> list[bytes] | None:
        """What the application was told, if anything."""
        return self.application.recv_multipart(zmq.DONTWAIT) if self.application.poll(0) else None


@pytest.fixture
def bench(pair: Pair, make: Make, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(pair, make)
    monkeypatch.setattr(flcliapi, "clock", lambda: made.now)
    return made


def test_a_request_is_a_number_and_the_body(bench: Bench, server: Server) -> None:
    bench.connect(server)
    for message in ([b"PONG"], [b"0", b"OK"], [b""]):  # which answer nothing
        server.send(*message)
        bench.take()
    assert bench.told() is None
    for number, body, reply in (
        (b"1", [b"Hello world"], [b"OK"]),
        (b"2", [b"", b"\0\xff", b"x" * 100_000], [b"", b"two", b""]),
        (b"3", [], []),
        (b"4", [b"PING"], [b"PONG"]),
    ):
        bench.agent.command(b"REQUEST", *body)
        assert server.recv() == [number, *body]
        server.send(number, *reply)
        bench.take()
        assert bench.told() == [b"OK", *reply]


@pytest.mark.parametrize(
    "message", [[b"PONG"], [b"1", b"OK"], [b"3", b"OK"], [b"", b"OK"], [b"2 ", b"OK"], [b"\xff"]]
)
def test_what_does_not_answer_the_request_is_passed_over(
    bench: Bench, server: Server, message: list[bytes]
) -> None:
    bench.connect(server)
    for number in (b"1", b"2"):
        bench.agent.command(b"REQUEST", b"body")
        assert server.recv() == [number, b"body"]
    server.send(*message)
    bench.take()
    assert bench.told() is None
    server.send(b"2", b"OK")
    bench.take()
    assert bench.told() == [b"OK", b"OK"]


def test_a_server_under_another_name_is_passed_over(bench: Bench, server: Server) -> None:
    bench.connect(server)
    bench.agent.command(b"REQUEST", b"body")
    bench.agent.message(b"tcp://nobody:1", b"1", b"OK")
    bench.agent.message(server.endpoint.encode())
    assert bench.told() is None


def test_a_silent_server_is_pinged_each_2000_ms(bench: Bench, server: Server) -> None:
    bench.connect(server)
    assert bench.agent.wait() == 2000
    bench.at(1999)
    assert server.is_silent()
    for now in (2000, 4000):
        bench.at(now)
        assert server.recv() == [b"PING"]
    server.send(b"PONG")
    bench.now = 5000
    bench.take()
    bench.at(6999)
    assert server.is_silent()
    bench.at(7000)
    assert server.recv() == [b"PING"]


def test_the_next_one_is_asked_after_1000_ms(bench: Bench, server: Server, other: Server) -> None:
    bench.connect(server, other)
    bench.agent.command(b"REQUEST", b"body")
    assert server.recv() == [b"1", b"body"]
    assert bench.agent.wait() == 1000
    bench.at(999)
    assert other.is_silent()
    bench.at(1000)
    assert other.recv() == [b"1", b"body"]
    other.send(b"1", b"OK")
    bench.take()
    assert bench.told() == [b"OK", b"OK"]
    server.send(b"1", b"late")
    bench.take()
    assert bench.told() is None
    bench.agent.command(b"REQUEST", b"body")
    assert other.recv() == [b"2", b"body"], "who answered last is asked first"
    assert server.is_silent()


def test_the_first_is_asked_again_after_the_last(
    bench: Bench, server: Server, other: Server
) -> None:
    bench.connect(server, other)
    bench.agent.command(b"REQUEST", b"body")
    for now, asked in ((0, server), (1000, other), (2000, server)):
        bench.at(now)
        while (message := asked.recv()) == [b"PING"]:
            pass
        assert message == [b"1", b"body"]


def test_who_is_gone_is_passed_over_at_once(bench: Bench, server: Server, other: Server) -> None:
    bench.connect(server, other)
    server.socket.close()

    def is_gone() -> bool:
        try:
            bench.router.send_multipart([server.endpoint.encode(), b"probe"], zmq.DONTWAIT)
        except zmq.HostUnreachable:  # a queue that is full would raise Again
            return True
        return False

    eventually(is_gone)
    bench.agent.command(b"REQUEST", b"body")
    assert other.recv() == [b"1", b"body"]


def test_a_request_is_given_up_after_3000_ms(bench: Bench, server: Server) -> None:
    bench.connect(server)
    bench.agent.command(b"REQUEST", b"body")
    bench.at(2999)
    assert bench.told() is None
    bench.at(3000)
    assert bench.told() == [b"FAILED"]
    server.send(b"1", b"late")
    bench.take()
    bench.at(4000)
    assert bench.told() is None


def test_who_was_silent_for_6000_ms_is_not_asked(
    bench: Bench, server: Server, other: Server
) -> None:
    bench.connect(server, other)
    bench.now = 5000
    other.send(b"PONG")
    bench.take()
    bench.now = 6000
    bench.agent.command(b"REQUEST", b"body")
    assert other.recv() == [b"1", b"body"]
    assert server.is_silent()
    bench.at(7000)  # there is nobody else to ask
    while (message := other.recv()) == [b"PING"]:
        pass
    assert message == [b"1", b"body"]
    assert server.recv() == [b"PING"]
    server.send(b"PONG")
    bench.take()
    bench.at(8000)
    assert server.recv() == [b"1", b"body"]


def test_without_a_server_a_request_is_given_up_too(bench: Bench) -> None:
    assert bench.agent.wait() == 3_600_000
    bench.agent.command(b"REQUEST", b"body")
    for now in (1000, 2000, 3000):
        assert bench.told() is None
        bench.at(now)
    assert bench.told() == [b"FAILED"]


# The servers


Start = Callable[[Callable[[zmq.Socket], None], zmq.SocketType], zmq.Socket]


@pytest.fixture
def start(make: Make, run: Run, endpoint: str) -> Start:
    """Serve in a thread, under the name of the endpoint; a raw client of it."""

    def start(serve: Callable[[zmq.Socket], None], kind: zmq.SocketType) -> zmq.Socket:
        socket = make(zmq.REP if kind is zmq.DEALER else zmq.ROUTER, routing_id=endpoint.encode())
        socket.bind(endpoint)
        run(serve, socket)
        client = make(kind, rcvtimeo=WAIT)
        client.connect(endpoint)
        return client

    return start


@pytest.mark.parametrize(
    ("serve", "request_", "reply"),
    [
        (flserver1.serve, [b"Hello world"], [b"Hello world"]),
        (flserver1.serve, [b"", b"two", b"\0\xff"], [b"", b"two", b"\0\xff"]),
        *(
            (flserver2.serve, [number, b"random name"], [number, b"OK"])
            for number in (b"1", b"10000", b"", b"\xff")
        ),
    ],
)
def test_flserver1_gives_requests_back_and_flserver2_says_ok(
    start: Start, serve: Any, request_: list[bytes], reply: list[bytes]
) -> None:
    client = start(serve, zmq.DEALER)
    client.send_multipart([b"", *request_])
    assert client.recv_multipart() == [b"", *reply]


@pytest.mark.parametrize("body", [[b""], [b"1"], [b"1", b"2", b"3"]])
def test_flserver2_goes_on_after_a_malformed_request(start: Start, body: list[bytes]) -> None:
    client = start(flserver2.serve, zmq.DEALER)
    client.send_multipart([b"", *body])
    client.send_multipart([b"", b"2", b"name"])
    assert client.recv_multipart() == [b"", b"MALFORMED"]
    assert client.recv_multipart() == [b"", b"2", b"OK"]


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ([b"PING"], [b"PONG"]),
        ([b"1", b"random name"], [b"1", b"OK"]),
        ([b"1"], [b"1", b"OK"]),
        ([b"\0\xff", b"", b"", b"x"], [b"\0\xff", b"OK"]),
        ([b"", b"body"], [b"", b"OK"]),
        ([b"ping", b"body"], [b"ping", b"OK"]),
    ],
)
def test_flserver3_answers_under_its_name(
    start: Start, endpoint: str, message: list[bytes], reply: list[bytes]
) -> None:
    client = start(flserver3.serve, zmq.ROUTER)
    client.router_mandatory = True
    client.send_multipart([endpoint.encode(), *message])
    assert client.recv_multipart() == [endpoint.encode(), *reply]


# Models 1 and 2, the clients


Volley: TypeAlias = tuple[Shotgun, list[zmq.Socket]]


@pytest.fixture
def shotgun(make: Make, run: Run) -> Iterator[Volley]:
    """A client of model 2, and two raw servers of it."""
    servers = [make(zmq.ROUTER, rcvtimeo=WAIT) for _ in range(2)]
    endpoints = tuple(unique_ipc() for _ in servers)
    for socket, each in zip(servers, endpoints, strict=True):
        socket.bind(each)
    with Shotgun(servers[0].context, endpoints, WAIT) as client:
        yield client, servers


def test_flclient2_asks_all_servers_and_takes_the_first_reply(shotgun: Volley, run: Run) -> None:
    client, servers = shotgun
    for number in (b"1", b"2"):
        task = run(client.request, b"random name")
        seen = [socket.recv_multipart() for socket in servers]
        assert [message[1:] for message in seen] == [[b"", number, b"random name"]] * 2
        quick, slow = servers
        quick.send_multipart([*seen[0][:3], b"quick"])
        assert task.result() == [b"quick"]
        slow.send_multipart([*seen[1][:3], b"slow"])


@pytest.mark.parametrize(
    "reply", [[b""], [b"", b"1"], [b"", b"1", b"OK"], [b"2", b"OK"], [b"", b"2"], [b"x", b"2", b""]]
)
def test_flclient2_passes_over_what_does_not_answer_the_request(
    shotgun: Volley, run: Run, reply: list[bytes]
) -> None:
    client, servers = shotgun
    client.number = 1
    task = run(client.request, b"body")
    (name, *_), _ = (socket.recv_multipart() for socket in servers)
    servers[0].send_multipart([name, *reply])
    servers[0].send_multipart([name, b"", b"2", b"OK"])
    assert task.result() == [b"OK"]
