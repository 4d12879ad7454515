"""Chapter 1 with both APIs: programs with raw sockets opposite.

What they do among themselves is in the scenarios.
"""

from __future__ import annotations

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import Make

from examples.guide.basics import PYTHON, Api, C
from zmqlite import DEALER, PULL, ROUTER, XPUB

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf, api: Api) -> Programs:
    return programs_of(api, "ch1")


# Hello World


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


def test_the_ventilator_starts_with_enter(programs: Programs, make: Make) -> None:
    port = programs.port()
    sink, worker = make(PULL), make(PULL)
    ventilator = programs.start("taskvent", bind=port, sink=sink.bind(ANY_PORT), workers=0)
    assert ventilator.line() == "Press Enter when the workers are ready:"
    worker.connect(port)
    assert not worker.poll(50)
    ventilator.type()
    tasks = [int(worker.recv(timeout=WAIT)) for _ in range(100)]
    assert sink.recv(timeout=WAIT) == b"0"
    assert ventilator.rest()[-1] == f"Total expected cost: {sum(tasks)} msec"
