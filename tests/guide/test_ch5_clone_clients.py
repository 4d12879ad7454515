"""Clone on the wire (CHP): plain frames against the clients of models 3 to 5."""

from __future__ import annotations

import pytest
from chp_support import ANY_PORT, FORMS, Speaker
from ports import WAIT, Program, Programs
from support import Make

import zmqlite as zmq

pytestmark = pytest.mark.slow


class Client(Speaker):
    """A client that runs, and the three raw sockets of its server."""

    def __init__(self, make: Make, programs: Programs, model: int, **options: object) -> None:
        self.form = FORMS[model]
        self.subtree = b"" if model == 3 else b"/client/"
        super().__init__(make)
        self.collector = make(zmq.PULL, rcvtimeo=WAIT)
        self.program: Program = programs.start(
            f"ch5.clonecli{model}",
            snapshots=self.router.bind(ANY_PORT),
            updates=self.publisher.bind(ANY_PORT),
            collector=self.collector.bind(ANY_PORT),
            **{"interval": 1_000_000, **options},
        )
        assert self.publisher.recv() == b"\1" + self.subtree
        self.peer, *request = self.router.recv_multipart()
        assert request == ([b"ICANHAZ?"] if model == 3 else [b"ICANHAZ?", b"/client/"])

    def key(self, name: bytes) -> bytes:
        return b"/client/" + name


@pytest.fixture(params=[3, 4, 5])
def model(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def client(make: Make, programs: Programs, model: int) -> Client:
    return Client(make, programs, model)


def test_a_client_applies_what_is_newer_than_its_snapshot(client: Client) -> None:
    form, key = client.form, client.key
    # What was published while the snapshot was made, and is in it.
    client.publish(form.pair(key(b"1"), 8, b"old"), form.pair(key(b"2"), 9, b"old"))
    client.snapshot(
        form.pair(key(b"1"), 8, b"x"), form.pair(key(b"2"), 9, b"y"), form.end(9, client.subtree)
    )
    client.publish(
        form.pair(key(b"1"), 10, b"new"),
        form.pair(key(b"1"), 10, b"twice"),
        form.pair(key(b"2"), 4, b"late"),
        form.pair(key(b"3"), 12, b"newer"),
    )
    assert client.program.line().startswith("snapshot: 2 pairs at update 9, ")
    assert client.program.line() == "update 10: /client/1 = new"
    assert client.program.line() == "update 12: /client/3 = newer"
    [last] = client.program.end()
    assert last.startswith("3 pairs at update 12, ")


@pytest.mark.parametrize("body", [b"", b"/client/"], ids=["C's", "the RFC's"])
def test_a_client_knows_both_ends_of_a_snapshot(client: Client, body: bytes) -> None:
    client.snapshot(client.form.end(5, body))
    assert client.program.line().startswith("snapshot: 0 pairs at update 5, ")


def test_a_client_ignores_heartbeats_and_what_is_malformed(client: Client) -> None:
    form, key = client.form, client.key(b"1")
    good = form.pair(key, 3, b"body")
    malformed = [good[:-1], [*good, b""], [key, b"\1", *good[2:]], [key + bytes(256), *good[1:]]]
    client.snapshot([b""], *malformed, form.end(2))
    client.publish(*malformed, [b"/client/"])
    for sequence in (0, 7):  # the RFC's, and C's
        heartbeat = form.pair(b"HUGZ", sequence, b"")
        client.publish(heartbeat)
    client.publish(good)
    lines = [client.program.line() for _ in range(5)]
    assert all(line.startswith("malformed: ") for line in lines)
    assert client.program.line().startswith("snapshot: 0 pairs at update 2, ")
    lines = [client.program.line() for _ in range(5)]
    assert all(line.startswith("malformed: ") for line in lines)
    assert client.program.line() == "update 3: /client/1 = body"
