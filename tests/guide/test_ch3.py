"""Routing ids and load balancing: the scenarios, and programs with a raw socket on one side."""

from __future__ import annotations

import re
import signal
from collections import Counter
from pathlib import Path

import pytest
from playing import Play
from ports import WAIT, Programs
from support import Make

from zmqlite import DEALER, REQ, ROUTER, Socket, SocketType

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"
RULE = "-" * 40


# Scenarios


def test_identity(play: Play) -> None:
    lines = play("identity")["program"]
    assert re.fullmatch(r"\[005\] 00[0-9A-F]{8}", lines.pop(1))
    assert lines == [
        RULE,
        "[000] ",
        "[028] ROUTER makes up a routing id",
        RULE,
        "[005] PEER2",
        "[000] ",
        "[037] ROUTER uses the routing id of the REQ",
    ]


@pytest.mark.parametrize("name", ["rtreq", "rtdealer"])
def test_all_workers_are_fired(play: Play, name: str) -> None:
    bound, *lines = play(name)["program"]
    assert bound.startswith("bound tcp://127.0.0.1:")
    assert len(lines) == 10
    assert all(re.fullmatch(r"Completed: \d+ tasks", line) for line in lines)


@pytest.mark.parametrize("name", ["lbbroker", "lbbroker2"])
def test_each_client_gets_its_reply(play: Play, name: str) -> None:
    assert Counter(play(name)["program"]) == {"Worker: HELLO": 10, "Client: OK": 10}


@pytest.mark.parametrize("name", ["lbbroker3", "lbbroker3_asyncio"])
def test_clients_that_go_on_asking(play: Play, name: str) -> None:
    counts = Counter(play(name)["program"])
    assert counts.keys() == {"Worker: HELLO", "Client: OK"}
    assert 20 <= counts["Client: OK"] <= counts["Worker: HELLO"]


def test_replies_are_to_what_the_client_asked(play: Play) -> None:
    sent: set[str] = set()
    got: Counter[str] = Counter()
    for line in play("asyncsrv")["program"]:
        client, verb, request = line.split(" ", 2)
        assert re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", client)
        if verb == "sent":
            sent.add(f"{client} {request}")
        else:
            assert verb == "got"
            got[f"{client} {request}"] += 1
    assert got.keys() <= sent
    assert max(got.values()) <= 4
    assert len({each.split()[0] for each in sent}) == 3


# ROUTER-driven load balancing


@pytest.mark.parametrize(("name", "kind"), [("rtreq", REQ), ("rtdealer", DEALER)])
def test_a_router_gives_work_to_who_asks(
    programs: Programs, make: Make, name: str, kind: SocketType
) -> None:
    port = programs.port()
    broker = programs.start(f"ch3.{name}", bind=port, workers=0, others=1, duration=200)
    worker = make(kind, rcvtimeo=WAIT)
    worker.connect(port)
    envelope = [b""] if kind is DEALER else []
    orders = []
    while b"Fired!" not in orders:
        worker.send_multipart([*envelope, b"Hi Boss"])
        *received, order = worker.recv_multipart()
        assert received == envelope
        orders.append(order)
    assert set(orders[:-1]) <= {b"Work harder"}
    assert broker.rest() == [f"bound {port}"]


@pytest.mark.parametrize("name", ["rtreq", "rtdealer"])
def test_a_worker_asks_until_it_is_fired(programs: Programs, make: Make, name: str) -> None:
    router = make(ROUTER, rcvtimeo=WAIT)
    program = programs.start(
        f"ch3.{name}", bind=ANY_PORT, connect=router.bind(ANY_PORT), workers=1, longest=1
    )
    program.line()
    for order in (b"Work harder", b"Work harder", b"Work harder", b"Fired!"):
        worker, *request = router.recv_multipart()
        assert re.fullmatch(rb"[0-9A-F]{4}-[0-9A-F]{4}", worker)
        assert request == [b"", b"Hi Boss"]
        router.send_multipart([worker, b"", order])
    assert program.line() == "Completed: 3 tasks"
    assert program.end() == []


# The load-balancing broker


@pytest.mark.parametrize(
    ("name", "ready", "options"),
    [
        ("lbbroker", b"READY", {"others": 6}),
        ("lbbroker2", b"READY", {"others": 6}),
        ("lbbroker3", b"\1", {}),
        ("lbbroker3_asyncio", b"\1", {}),
    ],
)
def test_the_worker_that_has_been_free_for_longest_is_next(
    programs: Programs,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ready: bytes,
    options: dict[str, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    broker = programs.start(f"ch3.{name}", clients=0, workers=0, **options)
    client = make(DEALER, rcvtimeo=WAIT, routing_id=b"client")
    first, second = (make(REQ, rcvtimeo=WAIT) for _ in range(2))
    client.connect("ipc://frontend.ipc")
    for number in range(1, 5):  # before there are any workers
        client.send_multipart([b"", b"request %d" % number])
    for worker, number in ((first, 1), (second, 2)):
        worker.connect("ipc://backend.ipc")
        worker.send(ready)
        assert worker.recv_multipart() == [b"client", b"", b"request %d" % number]

    def answer(worker: Socket, number: int) -> None:
        worker.send_multipart([b"client", b"", b"reply %d" % number])
        assert client.recv_multipart() == [b"", b"reply %d" % number]

    # Who is done gets the next one.
    answer(second, 2)
    assert second.recv_multipart() == [b"client", b"", b"request 3"]
    answer(first, 1)
    assert first.recv_multipart() == [b"client", b"", b"request 4"]
    # With both free it is the one that was so first.
    answer(second, 3)
    answer(first, 4)
    for worker, number in ((second, 5), (first, 6)):
        client.send_multipart([b"", b"request %d" % number])
        assert worker.recv_multipart() == [b"client", b"", b"request %d" % number]
    answer(first, 6)
    answer(second, 5)
    assert (broker.rest() if options else broker.end()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("lbbroker", {"others": 1}),
        ("lbbroker2", {"others": 1}),
        ("lbbroker3", {"interval": 10}),
        ("lbbroker3_asyncio", {"interval": 10}),
        ("asyncsrv", {"bind": ANY_PORT, "interval": 10}),
        ("rtreq", {"bind": ANY_PORT}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_signal_ends_a_program_and_its_threads(
    programs: Programs, name: str, options: dict[str, object], number: signal.Signals
) -> None:
    program = programs.start(f"ch3.{name}", **options)
    program.line()
    for line in program.end(number):
        assert re.fullmatch(r"Worker: .*|Client: .*|\S+ (sent|got) request #\d+", line)


# The asynchronous server


def test_a_server_answers_each_client_in_its_own_time(programs: Programs, make: Make) -> None:
    port = programs.port()
    server = programs.start(
        "ch3.asyncsrv", bind=port, clients=0, workers=1, longest=1, duration=60_000
    )
    clients = [make(DEALER, rcvtimeo=WAIT) for _ in range(2)]
    for name, client in zip((b"ada", b"bob"), clients, strict=True):
        client.connect(port)
        for number in range(10):
            client.send(b"%s %d" % (name, number))
    for name, client in zip((b"ada", b"bob"), clients, strict=True):
        # One worker keeps the order, so when this was answered, all else was. Any may get no reply.
        got: Counter[bytes] = Counter()
        while not got[b"%s end" % name]:
            while not client.poll(1):
                client.send(b"%s end" % name)
            (reply,) = client.recv_multipart()
            got[reply] += 1
        del got[b"%s end" % name]
        assert got.keys() <= {b"%s %d" % (name, number) for number in range(10)}
        assert max(got.values(), default=0) <= 4
    assert server.end() == []
