"""The ready signal and PPP (RFC 6) in plain frames, against our queues and workers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ports import WAIT, Programs
from support import Make

import zmqlite as zmq
from examples.guide.ch4 import ppqueue
from examples.guide.ch4.ppqueue import Queue

pytestmark = pytest.mark.slow

READY, HEARTBEAT = b"\x01", b"\x02"
FOREVER = 1_000_000  # a heartbeat that does not come while a test runs


class Ends:
    """Both ends of a queue, and sockets that talk to them."""

    def __init__(self, programs: Programs, make: Make, program: str, **options: object) -> None:
        self.front, self.back = programs.port(), programs.port()
        self.make = make
        self.kind = zmq.REQ if program == "spqueue" else zmq.DEALER
        self.queue = programs.start(
            f"ch4.{program}", frontend=self.front, backend=self.back, **options
        )
        self.queue.until(r"workers go to \S+")

    def socket(self, endpoint: str, kind: zmq.SocketType, **options: object) -> zmq.Socket:
        socket = self.make(kind, rcvtimeo=WAIT, **options)
        socket.connect(endpoint)
        return socket

    def client(self, kind: zmq.SocketType = zmq.REQ, **options: object) -> zmq.Socket:
        return self.socket(self.front, kind, **options)

    def worker(self, ready: bytes) -> zmq.Socket:
        socket = self.socket(self.back, self.kind)
        socket.send(ready)
        return socket


# Lazy Pirate


def test_a_client_asks_again_through_a_new_socket_and_waits_past_a_malformed_reply(
    programs: Programs, make: Make
) -> None:
    server = make(zmq.ROUTER, rcvtimeo=WAIT)
    endpoint = server.bind("tcp://127.0.0.1:*")
    client = programs.start("ch4.lpclient", connect=endpoint, timeout=500, tries=20, count=2)
    first, *request = server.recv_multipart()
    assert request == [b"", b"1"]
    server.send_multipart([first, b"", b"1", b"too much"])
    second, *request = server.recv_multipart()
    assert second != first
    assert request == [b"", b"1"]
    server.send_multipart([second, b"", b"1"])
    while (message := server.recv_multipart())[2] == b"1":
        server.send_multipart(message)  # it was in a hurry, and asked once more
    server.send_multipart(message)
    lines = client.rest()
    assert lines[:2] == ["malformed reply: 1 too much", "no reply to 1, retrying"]
    assert [line for line in lines if line.startswith("reply")] == ["reply: 1", "reply: 2"]


# Both queues


@pytest.fixture(params=["spqueue", "ppqueue"])
def ends(request: pytest.FixtureRequest, programs: Programs, make: Make) -> Ends:
    options = {"heartbeat": FOREVER} if request.param == "ppqueue" else {}
    return Ends(programs, make, request.param, **options)


def test_a_worker_that_is_ready_gets_requests_with_the_way_back(ends: Ends) -> None:
    worker = ends.worker(READY)
    client = ends.client(routing_id=b"client")
    client.send_multipart([b"one", b"", b"\xff"])
    assert worker.recv_multipart() == [b"client", b"", b"one", b"", b"\xff"]
    worker.send_multipart([b"client", b"", b"ONE", b""])
    assert client.recv_multipart() == [b"ONE", b""]
    client.send(b"more")  # the reply said that the worker is free
    assert worker.recv_multipart() == [b"client", b"", b"more"]


def test_requests_wait_for_a_worker_and_go_to_the_one_that_is_free_longest(ends: Ends) -> None:
    clients = [ends.client(routing_id=b"%d" % number) for number in range(2)]
    for client in clients:
        client.send(b"hello")
    first = ends.worker(READY)
    one = first.recv_multipart()
    second = ends.worker(READY)
    other = second.recv_multipart()
    assert {one[0], other[0]} == {b"0", b"1"}
    assert one[1:] == other[1:] == [b"", b"hello"]
    for worker, request in ((second, other), (first, one)):
        worker.send_multipart([*request[:2], b"done"])
        assert clients[int(request[0])].recv() == b"done"
    clients[0].send(b"next")
    assert second.recv_multipart() == [b"0", b"", b"next"]


@pytest.mark.parametrize(
    ("program", "options", "of_workers", "of_clients"),
    [
        ("spqueue", {}, [[b"nothing"], [b"", b"x"], [b"", b"a", b"b"]], [[b"no empty frame"]]),
        (
            "ppqueue",
            {"heartbeat": FOREVER},
            [[b"\x09"], [b"client", b"x", b"y"], [b"client", b""]],
            [[b"no empty frame"], [b""], [b"x", b"", b"y"]],
        ),
    ],
)
def test_a_queue_survives_what_is_malformed(
    programs: Programs,
    make: Make,
    program: str,
    options: dict[str, int],
    of_workers: list[list[bytes]],
    of_clients: list[list[bytes]],
) -> None:
    ends = Ends(programs, make, program, **options)
    for message in of_workers:
        ends.socket(ends.back, zmq.DEALER).send_multipart(message)
        ends.queue.until("dropped a malformed message of a worker: .*")
    worker = ends.worker(READY)
    for message in of_clients:
        ends.client(zmq.DEALER).send_multipart(message)
        ends.queue.until("dropped a malformed message of a client: .*")
    ends.client(routing_id=b"client").send(b"hello")
    assert worker.recv_multipart() == [b"client", b"", b"hello"]  # nothing took it


def test_a_worker_of_simple_pirate_is_ready_and_answers(programs: Programs, make: Make) -> None:
    queue = make(zmq.ROUTER, rcvtimeo=WAIT)
    endpoint = queue.bind("tcp://127.0.0.1:*")
    programs.start("ch4.spworker", connect=endpoint, crash=0, stall=0, work=0)
    name, *ready = queue.recv_multipart()
    assert ready == [b"", READY]
    assert len(name) == 9
    assert name[4:5] == b"-"
    queue.send_multipart([name, b"", b"client", b"", b"one", b"", b"\xff"])
    assert queue.recv_multipart() == [name, b"", b"client", b"", b"one", b"", b"\xff"]


# Paranoid Pirate: the queue


@pytest.fixture
def paranoid(programs: Programs, make: Make) -> Ends:
    return Ends(programs, make, "ppqueue", heartbeat=50)


def test_a_free_worker_gets_heartbeats_and_requests(paranoid: Ends) -> None:
    worker = paranoid.worker(READY)
    for _ in range(3):
        assert worker.recv_multipart() == [HEARTBEAT]
        worker.send(HEARTBEAT)
    client = paranoid.client(routing_id=b"client")
    client.send(b"hello")
    while (message := worker.recv_multipart()) == [HEARTBEAT]:
        worker.send(HEARTBEAT)
    assert message == [b"client", b"", b"hello"]


@pytest.fixture
def queue(make: Make, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Queue]:
    """A queue whose clock stands where it is set; it has nobody to talk to."""

    def at(now: int) -> Queue:
        monkeypatch.setattr(ppqueue, "clock", lambda: now)
        return made

    made = Queue(make(zmq.ROUTER), make(zmq.ROUTER), 1000)
    return at


@pytest.mark.parametrize("sign", [READY, HEARTBEAT])
def test_a_sign_of_life_is_good_for_3_heartbeats(
    queue: Callable[[int], Queue], sign: bytes
) -> None:
    queue(0).from_worker(b"w", READY)
    queue(2000).from_worker(b"w", sign)
    queue(4999).purge()
    assert list(queue(4999).free) == [b"w"]
    queue(5000).purge()
    assert not queue(5000).free


def test_a_sign_of_life_moves_a_worker_to_the_end(queue: Callable[[int], Queue]) -> None:
    for name in (b"a", b"b", b"a"):
        queue(0).from_worker(name, HEARTBEAT)
    assert list(queue(0).free) == [b"b", b"a"]


# Paranoid Pirate: the worker


def test_a_worker_registers_beats_answers_and_connects_anew(programs: Programs, make: Make) -> None:
    queue = make(zmq.ROUTER, rcvtimeo=WAIT)
    endpoint = queue.bind("tcp://127.0.0.1:*")
    worker = programs.start(
        *("ch4.ppworker",),
        connect=endpoint,
        heartbeat=50,
        reconnect=50,
        longest=200,
        crash=0,
        stall=0,
        work=0,
    )
    name, *ready = queue.recv_multipart()
    assert ready == [READY]
    assert queue.recv_multipart() == [name, HEARTBEAT]
    queue.send_multipart([name, b"client", b"", b"one", b"\xff"])
    while (answer := queue.recv_multipart()) == [name, HEARTBEAT]:
        pass
    assert answer == [name, b"client", b"", b"one", b"\xff"]
    queue.send_multipart([name, b"malformed"])
    # The queue says no more: the worker comes back under another name, again and again.
    names = [name]
    while len(names) < 5:
        sender, body = queue.recv_multipart()
        if sender not in names:
            assert body == READY
            names.append(sender)
        else:
            assert (sender, body) == (names[-1], HEARTBEAT)
    lines = worker.end()
    assert "dropped a malformed message: malformed" in lines
    waits = [int(line.split()[-2]) for line in lines if line.startswith("the queue is silent")]
    assert waits[:4] == [50, 100, 200, 200]


def test_a_worker_that_hears_something_starts_with_the_shortest_wait_again(
    programs: Programs, make: Make
) -> None:
    queue = make(zmq.ROUTER, rcvtimeo=WAIT)
    endpoint = queue.bind("tcp://127.0.0.1:*")
    worker = programs.start("ch4.ppworker", connect=endpoint, heartbeat=200, reconnect=50)
    first, _ = queue.recv_multipart()
    while (second := queue.recv_multipart()[0]) == first:
        pass
    queue.send_multipart([second, HEARTBEAT])
    worker.until("heartbeat")
    assert worker.until("the queue is silent, .*")[-1].endswith("in 50 ms")
