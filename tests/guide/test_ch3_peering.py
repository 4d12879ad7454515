"""A federation of brokers: a broker with raw sockets as its peer."""

from __future__ import annotations

import itertools
import re
import signal
from pathlib import Path

import pytest
from ports import WAIT, Programs
from support import Make, eventually

from examples.guide.ch3.peering3 import Broker
from zmqlite import DEALER, REQ, ROUTER, SUB, XPUB, Context, HostUnreachable, Socket

pytestmark = pytest.mark.slow

TASK = "[0-9A-F]{4}"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the programs work, whose ipc endpoints are files there."""
    monkeypatch.chdir(tmp_path)


# The flow of tasks


def cloud_of(make: Make, name: str) -> Socket:
    """The socket of a peer that gets requests, and sends replies."""
    cloud = make(ROUTER, rcvtimeo=WAIT, routing_id=name.encode())
    cloud.bind(f"ipc://{name}-cloud.ipc")
    return cloud


@pytest.mark.parametrize("name", ["peering2", "peering3"])
def test_a_broker_serves_a_request_of_a_peer(programs: Programs, make: Make, name: str) -> None:
    cloud_of(make, "X")
    broker = programs.start(f"ch3.{name}", "DC1", "X", clients=0, workers=1)
    requests = make(ROUTER, rcvtimeo=WAIT, routing_id=b"X", router_mandatory=True)
    requests.connect("ipc://DC1-cloud.ipc")

    def sent() -> bool:
        try:
            requests.send_multipart([b"DC1", b"client", b"", b"HELLO"])
        except HostUnreachable:
            return False
        return True

    eventually(sent)
    reply = b"OK" if name == "peering2" else b"HELLO"
    assert requests.recv_multipart() == [b"DC1", b"client", b"", reply]
    expected = ["all peers are there", "Worker: HELLO from X"] if name == "peering2" else []
    assert broker.end() == expected


def test_a_request_for_a_peer_that_was_killed_gets_no_reply(programs: Programs, make: Make) -> None:
    options = {"clients": 1, "workers": 1, "pause": 0, "share": 1}
    first = programs.start("ch3.peering2", "DC1", "DC2", **options)
    second = programs.start("ch3.peering2", "DC2", "DC1", **options)
    first.until("Client: OK", "Worker: HELLO from DC2")
    second.until("Client: OK", "Worker: HELLO from DC1")
    client = make(REQ, linger=0)
    client.connect("ipc://DC1-localfe.ipc")
    client.send(b"HELLO")
    assert client.recv(timeout=WAIT) == b"OK"
    second.process.kill()
    second.process.wait(WAIT)
    client.send(b"HELLO")
    assert not client.poll(200)
    assert set(first.end()) <= {"Client: OK", "Worker: HELLO from DC2"}


# Both


class Peer:
    """A peer of DC1 that says how many workers it has, and gets requests."""

    def __init__(self, programs: Programs, make: Make, **options: object) -> None:
        self.cloud = cloud_of(make, "X")
        self.state = make(XPUB, rcvtimeo=WAIT)
        self.state.bind("ipc://X-state.ipc")
        self.broker = programs.start("ch3.peering3", "DC1", "X", workers=0, pause=0, **options)
        assert self.state.recv() == b"\1"
        # A reply that comes through is one from a peer that the broker knows.
        client = make(DEALER, routing_id=b"client")
        client.connect("ipc://DC1-localfe.ipc")

        def arrived() -> bool:
            self.cloud.send_multipart([b"DC1", b"client", b"", b"reply"])
            return bool(client.poll(1))

        eventually(arrived)
        client.close(linger=0)

    def offer(self, workers: int) -> None:
        self.state.send_multipart([b"X", b"%d" % workers])

    def task(self) -> tuple[bytes, str]:
        """The client and the text of the next request."""
        broker, client, empty, task = self.cloud.recv_multipart()
        assert (broker, empty) == (b"DC1", b"")
        assert re.fullmatch(TASK, task.decode())
        return client, task.decode()

    def answer(self, client: bytes, task: str) -> None:
        self.cloud.send_multipart([b"DC1", client, b"", task.encode()])
        assert self.broker.line() == task


def test_a_peer_gets_no_more_than_it_has_workers_for(programs: Programs, make: Make) -> None:
    peer = Peer(programs, make, clients=4)
    assert not peer.cloud.poll(50)
    for workers in (1, 2, 1):
        peer.offer(workers)
        tasks = [peer.task() for _ in range(workers)]
        assert not peer.cloud.poll(50)
        for task in tasks:
            peer.answer(*task)
    assert peer.broker.end() == []


def test_a_client_whose_task_is_lost_says_so_and_leaves(programs: Programs, make: Make) -> None:
    peer = Peer(programs, make, clients=1, patience=100)
    peer.offer(1)
    _, task = peer.task()
    assert peer.broker.line() == f"E: CLIENT EXIT - lost task {task}"
    peer.offer(5)
    assert not peer.cloud.poll(50)
    assert peer.broker.end() == []


def test_a_broker_publishes_how_many_workers_are_free(programs: Programs, make: Make) -> None:
    states = make(SUB, rcvtimeo=WAIT)
    states.subscribe(b"")
    states.connect("ipc://DC1-state.ipc")
    broker = programs.start("ch3.peering3", "DC1", busy=5, pause=5)
    seen = [states.recv_multipart() for _ in range(50)]
    assert {name for name, _ in seen} == {b"DC1"}
    assert {available for _, available in seen} <= {b"%d" % number for number in range(6)}
    assert all(before != after for before, after in itertools.pairwise(seen))
    assert all(re.fullmatch(TASK, line) for line in broker.end(signal.SIGTERM))


def test_a_request_for_a_peer_that_is_not_there_waits_for_a_worker() -> None:
    with Context(linger=0) as context:
        broker = Broker(context, "DC1", ("X",))
        broker.peers[b"X"] = 3
        broker.send_away(b"X", [b"client", b"", b"task"])
        assert list(broker.returned) == [[b"client", b"", b"task"]]
        assert broker.open_peers() == []
