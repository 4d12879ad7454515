"""Titanic: requests that outlive everybody, and TSP (RFC 9) in plain frames."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mdp_support import CLIENT, HEARTBEAT, REPLY, REQUEST, WORKER, Dealer
from ports import Program, Programs
from support import Make, eventually

import zmqlite as zmq

pytestmark = pytest.mark.slow

NOBODY = b"0" * 32


class Ship:
    """A broker, Titanic, and a raw client and worker of them."""

    def __init__(self, programs: Programs, make: Make) -> None:
        self.programs = programs
        self.endpoint = programs.port()
        self.folder = programs.directory / "store"
        broker = programs.start("ch4.mdbroker", bind=self.endpoint, heartbeat=100)
        assert broker.line() == f"bound {self.endpoint}"
        self.client = Dealer(make(zmq.DEALER, routing_id=b"client"), self.endpoint)
        self.worker = Dealer(make(zmq.DEALER), self.endpoint)
        self.titanic = self.start()

    def start(self) -> Program:
        titanic = self.programs.start(
            "ch4.titanic",
            broker=self.endpoint,
            folder=self.folder,
            interval=50,
            timeout=300,
            heartbeat=100,
            reconnect=50,
        )
        titanic.until(r"\d+ requests are waiting")
        eventually(lambda: self.client.knows(b"titanic.close"))
        return titanic

    def ask(self, service: bytes, *body: bytes) -> list[bytes]:
        self.client.send(CLIENT, service, *body)
        header, name, *reply = self.client.recv()
        assert (header, name) == (CLIENT, service)
        return reply

    def fetch(self, name: bytes) -> list[bytes]:
        """What there is for a request in the end."""
        eventually(lambda: self.ask(b"titanic.reply", name) != [b"300"])
        return self.ask(b"titanic.reply", name)

    def serve(self) -> list[bytes]:
        """Be the worker for one request, and answer in upper case; return its body."""
        while (message := self.worker.recv()) == [WORKER, HEARTBEAT]:
            self.worker.send(WORKER, HEARTBEAT)
        header, command, client, empty, *body = message
        assert (header, command, empty) == (WORKER, REQUEST, b"")
        self.worker.send(WORKER, REPLY, client, b"", *(frame.upper() for frame in body))
        return body

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@pytest.fixture
def ship(programs: Programs, make: Make) -> Ship:
    return Ship(programs, make)


def test_a_request_is_stored_answered_fetched_and_closed(ship: Ship) -> None:
    status, name = ship.ask(b"titanic.request", b"echo", b"one", b"", b"two\n")
    assert status == b"200"
    assert re.fullmatch(rb"[0-9A-F]{32}", name)
    assert ship.ask(b"titanic.reply", name) == [b"300"]
    ship.worker.send(WORKER, b"\x01", b"echo")
    assert ship.serve() == [b"one", b"", b"two\n"]
    for _ in range(2):  # fetching does not remove it
        assert ship.fetch(name) == [b"200", b"ONE", b"", b"TWO\n"]
    assert ship.files()
    for _ in range(2):
        assert ship.ask(b"titanic.close", name) == [b"200"]
    assert ship.ask(b"titanic.reply", name) == [b"400"]
    assert ship.files() == []


@pytest.mark.parametrize("name", [NOBODY, b"", b"../../etc/passwd", b"\xff" * 32])
def test_an_unknown_request_is_refused(ship: Ship, name: bytes) -> None:
    assert ship.ask(b"titanic.reply", name) == [b"400"]
    assert ship.ask(b"titanic.close", name) == [b"200"]


def test_a_request_for_no_service_is_refused(ship: Ship) -> None:
    assert ship.ask(b"titanic.request", b"echo") == [b"400"]
    assert ship.files() == []


def test_a_request_that_was_closed_is_sent_to_nobody(ship: Ship) -> None:
    _, closed = ship.ask(b"titanic.request", b"echo", b"closed")
    _, kept = ship.ask(b"titanic.request", b"echo", b"kept")
    assert ship.ask(b"titanic.close", closed) == [b"200"]
    ship.worker.send(WORKER, b"\x01", b"echo")
    assert ship.serve() == [b"kept"]
    assert ship.fetch(kept) == [b"200", b"KEPT"]
