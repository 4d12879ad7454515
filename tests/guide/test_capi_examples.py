"""C ports: the article's programs with a Pythonic program on the other side, and what ports share.

Those of the Guide are tested together with the Pythonic programs.
"""

from __future__ import annotations

import re

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import Make

from examples.guide.basics import C
from zmqlite import DEALER, PULL, PUSH, REP, REQ, ROUTER, SUB, XPUB

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf) -> Programs:
    return programs_of(C, "")


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


# What they share


def test_a_client_and_a_worker_of_a_load_balancer(programs: Programs, make: Make) -> None:
    frontend, backend = make(ROUTER), make(ROUTER)
    frontend.bind(f"ipc://{programs.directory}/frontend.ipc")
    backend.bind(f"ipc://{programs.directory}/backend.ipc")
    worker = programs.own("balancing", "worker_task")
    worker_id, *ready = backend.recv_multipart(timeout=WAIT)
    assert ready == [b"", b"READY"]

    client = programs.own("balancing", "client_task")
    client_id, *request = frontend.recv_multipart(timeout=WAIT)
    assert request == [b"", b"HELLO"]
    backend.send_multipart([worker_id, b"", client_id, *request])
    assert backend.recv_multipart(timeout=WAIT) == [worker_id, b"", client_id, b"", b"OK"]
    frontend.send_multipart([client_id, b"", b"OK"])
    assert client.rest() == ["Client: OK"]
    worker.process.terminate()


def test_the_helpers(programs: Programs) -> None:
    *dump, identity, console = programs.own("helpers_of_ports").rest()
    assert dump == ["-" * 40, "[004] text", "[000] ", "[002] C3A9"]
    assert re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", identity)
    assert re.fullmatch(r"\d\d-\d\d-\d\d \d\d:\d\d:\d\d at that time", console)
