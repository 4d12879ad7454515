"""The C ports of chapter 1, and the article's, with a Pythonic program on the other side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ports import WAIT, Programs
from support import Make

from zmqlite import (
    DEALER,
    PULL,
    PUSH,
    REP,
    REQ,
    ROUTER,
    SUB,
    XPUB,
    Context,
    MonitorEvent,
    Socket,
)

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(tmp_path: Path, context: Context) -> Iterator[Programs]:
    """Programs that are ended before the context is, which looks what is left open."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()


# Hello World


@pytest.mark.parametrize("number", ["", "2", "3", "4"])
def test_all_clients_of_a_hello_server(programs: Programs, make: Make, number: str) -> None:
    port = programs.port()
    server = programs.start(f"hwserver{number}", bind=port, delay=0)
    # Two clients have the same name: the first is long gone when the second one comes.
    for client in ("hwclient3", "hwclient", "hwclient2", "hwclient4"):
        lines = programs.start(client, connect=port, count=10).rest()
        replies = [line for line in lines if line.startswith("Received World ")]
        assert len(lines) == 20
        assert len(replies) == 10

    requester = make(REQ)
    requester.connect(port)
    for _ in range(10):
        requester.send(b"Hello")
        assert requester.recv(timeout=WAIT) == b"World"

    lines = server.end()
    if number in ("3", "4"):
        ids = lines[::3]
        assert lines[1::3] == ["empty frame"] * 50
        assert lines[2::3] == ["request: Hello"] * 50
        assert ids[:10] == ids[30:40] == ["id: ZMQ"] * 10
        for nameless in (ids[10:20], ids[20:30], ids[40:]):
            assert len(set(nameless)) == 1
            assert re.fullmatch("id: 00[0-9A-F]{8}", nameless[0])
    else:
        assert lines == ["Received Hello"] * 50


def test_a_hello_server_discards_what_has_no_empty_frame(programs: Programs, make: Make) -> None:
    port = programs.port()
    server = programs.start("hwserver3", bind=port, delay=0)
    dealer = make(DEALER, routing_id=b"me")
    dealer.connect(port)
    dealer.send_multipart([b"not empty", b"Hello", b"more"])
    dealer.send_multipart([b"", b"Hello"])
    assert dealer.recv_multipart(timeout=WAIT) == [b"", b"World"]
    assert server.end() == [
        "id: me",
        "no empty frame but one of 9 bytes: discarded",
        "id: me",
        "empty frame",
        "request: Hello",
    ]


@pytest.mark.parametrize(
    ("number", "first", "name"), [("", 0, None), ("2", 1, None), ("3", 1, b"ZMQ"), ("4", 1, b"ZMQ")]
)
def test_a_hello_client(
    programs: Programs, make: Make, number: str, first: int, name: bytes | None
) -> None:
    router = make(ROUTER)
    client = programs.start(f"hwclient{number}", connect=router.bind(ANY_PORT), count=10)
    for _ in range(10):
        identity, *request = router.recv_multipart(timeout=WAIT)
        assert request == [b"", b"Hello"]
        assert identity == name or name is None
        assert name or (len(identity) == 5 and identity[0] == 0)
        router.send_multipart([identity, b"", b"World"])
    assert client.rest() == [
        text.format(reply)
        for reply in range(first, first + 10)
        for text in ("Sending Hello {}", "Received World {}")
    ]


def test_a_hello_client_discards_what_has_no_empty_frame(programs: Programs, make: Make) -> None:
    router = make(ROUTER)
    client = programs.start("hwclient2", connect=router.bind(ANY_PORT), count=1)
    identity, *_ = router.recv_multipart(timeout=WAIT)
    router.send_multipart([identity, b"not", b"World"])
    router.send_multipart([identity, b"", b"World"])
    assert client.rest() == [
        "Sending Hello 1",
        "no empty frame but one of 3 bytes: discarded",
        "no empty frame but one of 5 bytes: discarded",
        "Received World 1",
    ]


# Weather


def test_the_weather_server(programs: Programs, make: Make) -> None:
    port = programs.port()
    server = programs.start("wuserver", bind=port)
    subscriber = make(SUB)
    subscriber.connect(port)
    subscriber.subscribe(b"")
    for _ in range(1000):
        update = subscriber.recv_string(timeout=WAIT)
        assert re.fullmatch(r"[0-9]{5} -?[0-9]{1,3} [0-9]{2}", update)
        _, temperature, humidity = map(int, update.split())
        assert -80 <= temperature <= 134
        assert 10 <= humidity <= 59
    assert server.end() == []


def test_the_weather_client(programs: Programs, make: Make) -> None:
    publisher = make(XPUB)
    client = programs.start("wuclient", connect=publisher.bind(ANY_PORT))
    assert publisher.recv(timeout=WAIT) == b"\x0110001 "
    for number in range(100):
        publisher.send(b"10001 %d 50" % (number - 20))
        publisher.send(b"10002 134 50")
    average = sum(range(-20, 80)) // 100
    (line,) = client.rest()
    assert line == f"Average temperature where the zip code begins with 10001 : {average}"


# Pipeline


@pytest.mark.parametrize("workers", [0, 1], ids=["Enter", "counted"])
def test_the_ventilator(programs: Programs, make: Make, workers: int) -> None:
    port = programs.port()
    sink, worker = make(PULL), make(PULL)
    ventilator = programs.start(
        "taskvent", bind=port, sink=sink.bind(ANY_PORT), workers=workers, longest=100
    )
    if not workers:
        assert ventilator.line() == "Press Enter when the workers are ready:"
        ventilator.enter()
    worker.connect(port)
    tasks = [int(worker.recv(timeout=WAIT)) for _ in range(100)]
    assert all(1 <= task <= 100 for task in tasks)
    assert sink.recv(timeout=WAIT) == b"0"
    assert ventilator.rest() == [
        "Sending tasks to workers",
        f"Total expected cost: {sum(tasks)} msec",
    ]


def test_a_worker(programs: Programs, make: Make) -> None:
    source, sink = make(PUSH), make(PULL)
    endpoints = {"source": source.bind(ANY_PORT), "sink": sink.bind(ANY_PORT)}
    worker = programs.start("taskwork", **endpoints)
    for task in (3, 1, 2):
        source.send(b"%d" % task)
    assert [sink.recv(timeout=WAIT) for _ in range(3)] == [b""] * 3
    assert worker.end() == ["3.1.2."]


def test_the_sink(programs: Programs, make: Make) -> None:
    port = programs.port()
    sink = programs.start("tasksink", bind=port, count=20)
    pusher = make(PUSH)
    pusher.connect(port)
    pusher.send(b"0")
    for _ in range(20):
        pusher.send(b"")
    ready, dots, elapsed = sink.rest()
    assert ready == "Ready for results"
    assert dots == ":........." * 2
    assert re.fullmatch("Total elapsed time: [0-9]+ msec", elapsed)


def test_a_worker_that_is_told_to_end(programs: Programs, make: Make) -> None:
    source, sink, control = make(PUSH), make(PULL), make(XPUB)
    endpoints = {"source": source.bind(ANY_PORT), "sink": sink.bind(ANY_PORT)}
    worker = programs.start("taskwork2", control=control.bind(ANY_PORT), **endpoints)
    assert control.recv(timeout=WAIT) == b"\1"
    for task in (3, 1, 2):
        source.send(b"%d" % task)
    assert [sink.recv(timeout=WAIT) for _ in range(3)] == [b""] * 3
    control.send(b"KILL")
    assert worker.rest() == ["Ready for tasks", "3.1.2."]


def connected(socket: Socket, endpoint: str) -> None:
    """Connect, and come back when the other side is there."""
    with socket.monitor(MonitorEvent.HANDSHAKE_SUCCEEDED) as monitor:
        socket.connect(endpoint)
        monitor.recv(timeout=WAIT)


def test_the_sink_that_ends_its_workers(programs: Programs, make: Make) -> None:
    port, control = programs.port(), programs.port()
    sink = programs.start("tasksink2", bind=port, control=control, count=20)
    worker, pusher = make(SUB), make(PUSH)
    worker.subscribe(b"")
    connected(worker, control)
    connected(pusher, port)  # after the subscription was sent
    pusher.send(b"0")
    for _ in range(20):
        pusher.send(b"")
    assert worker.recv(timeout=WAIT) == b"KILL"
    assert sink.rest()[1] == ":........." * 2


# The article


def test_the_articles_pusher(programs: Programs, make: Make) -> None:
    port = programs.port()
    pusher = programs.start("article_pusher", bind=port, count=5)
    puller = make(PULL)
    puller.connect(port)
    assert [puller.recv(timeout=WAIT) for _ in range(5)] == [b"task %d" % n for n in range(1, 6)]
    assert pusher.rest() == ["Pushed 5 tasks"]


def test_the_articles_puller(programs: Programs, make: Make) -> None:
    pusher = make(PUSH)
    puller = programs.start("article_puller", connect=pusher.bind(ANY_PORT), count=3)
    pusher.send_many([b"one", b"", b"x" * 300])
    assert puller.rest() == ["Pulled one", "Pulled ", "Pulled " + "x" * 256]


def test_the_articles_publisher(programs: Programs, make: Make) -> None:
    port = programs.port()
    publisher = programs.start("article_publisher", bind=port, interval=5)
    subscriber = make(SUB)
    subscriber.connect(port)
    subscriber.subscribe(b"weather.paris")
    for _ in range(3):
        message = subscriber.recv(timeout=WAIT)
        assert re.fullmatch(rb"weather\.paris temperature:[0-9]+", message)
    assert publisher.end() == []


def test_the_articles_subscriber(programs: Programs, make: Make) -> None:
    publisher = make(XPUB)
    subscriber = programs.start("article_subscriber", connect=publisher.bind(ANY_PORT), count=2)
    assert publisher.recv(timeout=WAIT) == b"\1weather.london"
    for message in (b"weather.paris 1", b"weather.london 2", b"weather.londonderry 3"):
        publisher.send(message)
    assert subscriber.rest() == ["Received weather.london 2", "Received weather.londonderry 3"]


def test_the_articles_responder(programs: Programs, make: Make) -> None:
    port = programs.port()
    responder = programs.start("article_responder", bind=port)
    requester = make(REQ)
    requester.connect(port)
    for request in (b"hello", b""):
        requester.send(request)
        assert requester.recv(timeout=WAIT) == request.upper()
    assert responder.end() == []


def test_the_articles_requester(programs: Programs, make: Make) -> None:
    responder = make(REP)
    requester = programs.start("article_requester", connect=responder.bind(ANY_PORT), count=2)
    for number in (1, 2):
        assert responder.recv(timeout=WAIT) == b"request %d" % number
        responder.send(b"reply")
    assert requester.rest() == ["request 1 -> reply", "request 2 -> reply"]


def test_the_articles_router(programs: Programs, make: Make) -> None:
    port = programs.port()
    router = programs.start("article_router", bind=port)
    dealer = make(DEALER)
    dealer.connect(port)
    for request in (b"first", b"second"):
        dealer.send(request)
    assert [dealer.recv_multipart(timeout=WAIT) for _ in range(2)] == [[b"second"], [b"first"]]
    assert router.end() == []


def test_the_articles_dealer(programs: Programs, make: Make) -> None:
    router = make(ROUTER)
    dealer = programs.start("article_dealer", connect=router.bind(ANY_PORT), count=2)
    requests = [router.recv_multipart(timeout=WAIT) for _ in range(2)]
    for identity, request in reversed(requests):
        router.send_multipart([identity, b"reply to " + request])
    assert dealer.rest() == [
        "Sent request 1",
        "Sent request 2",
        "Received reply to request 2",
        "Received reply to request 1",
    ]
