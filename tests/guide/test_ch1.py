"""Chapter 1 with both APIs: programs with raw sockets opposite."""

from __future__ import annotations

import re

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import Make

from examples.guide.basics import PYTHON, Api, C
from zmqlite import DEALER, PULL, REQ, ROUTER, SUB, XPUB

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf, api: Api) -> Programs:
    return programs_of(api, "ch1")


def dialogue(first: int, count: int = 10) -> list[str]:
    """What a hello client prints."""
    return [
        text.format(number)
        for number in range(first, first + count)
        for text in ("Sending Hello {}", "Received World {}")
    ]


# Hello World


@pytest.mark.parametrize(
    ("server_api", "client_api", "number"),
    [
        *((api, api, number) for api in (PYTHON, C) for number in ("", "2", "3", "4")),
        (C, PYTHON, "3"),
        (PYTHON, C, "4"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.folder,
)
def test_all_clients_of_a_hello_server(
    programs_of: ProgramsOf, make: Make, server_api: Api, client_api: Api, number: str
) -> None:
    servers, clients = programs_of(server_api, "ch1"), programs_of(client_api, "ch1")
    port = servers.port()
    server = servers.start(f"hwserver{number}", bind=port, delay=0)
    # Two clients have the same name: the first is long gone when the second one comes.
    for client, first in (("hwclient3", 1), ("hwclient", 0), ("hwclient2", 1), ("hwclient4", 1)):
        assert clients.start(client, connect=port, count=10).rest() == dialogue(first)

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


def test_a_hello_server_sends_any_envelope_back(programs_of: ProgramsOf, make: Make) -> None:
    programs = programs_of(PYTHON, "ch1")
    port = programs.port()
    server = programs.start("hwserver4", bind=port, delay=0)
    broker = make(DEALER, routing_id=b"broker")
    broker.connect(port)
    broker.send(b"no empty frame")
    broker.send_multipart([b"client", b"", b"Hello"])
    assert broker.recv_multipart(timeout=WAIT) == [b"client", b"", b"World"]
    assert server.end() == [
        "no empty frame before the last one: discarded",
        "id: broker",
        "id: client",
        "empty frame",
        "request: Hello",
    ]


def test_a_client_discards_what_has_no_empty_frame(
    programs: Programs, make: Make, api: Api
) -> None:
    router = make(ROUTER)
    client = programs.start("hwclient2", connect=router.bind(ANY_PORT), count=1)
    identity, *_ = router.recv_multipart(timeout=WAIT)
    router.send_multipart([identity, b"not", b"World"])
    router.send_multipart([identity, b"", b"World"])
    discarded = ["no empty frame but one of 3 bytes: discarded"]
    if api is C:  # which looks at frames, not at messages
        discarded.append("no empty frame but one of 5 bytes: discarded")
    assert client.rest() == ["Sending Hello 1", *discarded, "Received World 1"]


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
        ventilator.type()
    worker.connect(port)
    tasks = [int(worker.recv(timeout=WAIT)) for _ in range(100)]
    assert all(1 <= task <= 100 for task in tasks)
    assert sink.recv(timeout=WAIT) == b"0"
    assert ventilator.rest() == [
        "Sending tasks to workers",
        f"Total expected cost: {sum(tasks)} msec",
    ]
