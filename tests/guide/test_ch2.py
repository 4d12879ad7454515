"""Chapter 2 with both APIs: programs with raw sockets opposite."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest
from ports import WAIT, Program, Programs, ProgramsOf
from support import DEADLINE, Make, eventually

from examples.guide.basics import PYTHON, Api
from zmqlite import DEALER, POLLIN, PUSH, REP, REQ, SUB, XPUB, Poller, Socket

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf, api: Api) -> Programs:
    return programs_of(api, "ch2")


# Several sockets


def start_reader(
    programs: Programs, make: Make, name: str, **counts: int
) -> tuple[Program, Socket, Socket]:
    """A reader that has connected, and its pusher and publisher."""
    pusher, publisher = make(PUSH), make(XPUB)
    endpoints = {"source": pusher.bind(ANY_PORT), "weather": publisher.bind(ANY_PORT)}
    reader = programs.start(name, **counts, **endpoints)
    assert publisher.recv(timeout=WAIT) == b"\x0110001 "
    return reader, pusher, publisher


@pytest.mark.parametrize("name", ["msreader", "mspoller"])
def test_a_reader_of_several_sockets(programs: Programs, make: Make, name: str) -> None:
    reader, pusher, publisher = start_reader(programs, make, name, tasks=20, updates=10)
    for number in range(10):
        publisher.send(b"10001 %d 50" % number)
        publisher.send(b"10002 %d 50" % number)
        pusher.send_many([b"1", b"2"])
    assert reader.rest() == ["Read 20 tasks and 10 updates"]


def test_a_poller_does_nothing_while_nothing_comes(programs: Programs, make: Make) -> None:
    reader, pusher, publisher = start_reader(programs, make, "mspoller", tasks=1, updates=1)
    status = Path(f"/proc/{reader.process.pid}/status")

    def waits() -> int:
        """How often its main thread has begun to wait."""
        (line,) = (each for each in status.read_text().splitlines() if each.startswith("volun"))
        return int(line.split()[1])

    def idle() -> bool:
        before = waits()
        time.sleep(0.1)  # in which msreader would wait a hundred times
        return waits() - before <= 3  # a wait comes in slices

    eventually(idle)
    pusher.send(b"1")
    publisher.send(b"10001 20 50")
    assert reader.rest() == ["Read 1 tasks and 1 updates"]


# Brokers


@pytest.mark.parametrize("name", ["rrbroker", "msgqueue"])
def test_a_broker(programs: Programs, make: Make, name: str) -> None:
    clients, workers = programs.port(), programs.port()
    broker = programs.start(name, clients=clients, workers=workers)
    client, responders, poller = make(DEALER), [make(REP), make(REP)], Poller()
    client.connect(clients)
    for responder in responders:
        responder.connect(workers)
        poller.register(responder, POLLIN)

    served: set[int] = set()
    rounds = 0
    while len(served) < 2 or rounds < 10:  # until both workers are there
        rounds += 1
        client.send_multipart([b"", b"one", b"", b"three"])
        ((ready, _),) = poller.poll(WAIT)
        (responder,) = (each for each in responders if each is ready)
        served.add(responders.index(responder))
        assert responder.recv_multipart() == [b"one", b"", b"three"]
        responder.send_multipart([b"1", b"", b"3"])
        assert client.recv_multipart(timeout=WAIT) == [b"", b"1", b"", b"3"]
    assert broker.end() == []


def test_the_weather_proxy(programs: Programs, make: Make) -> None:
    server, subscriber = make(XPUB), make(SUB)
    port = programs.port()
    proxy = programs.start("wuproxy", connect=server.bind(ANY_PORT), bind=port)
    subscriber.connect(port)
    subscriber.subscribe(b"10001 ")
    assert server.recv(timeout=WAIT) == b"\x0110001 "
    server.send(b"10002 20 50")
    server.send(b"10001 30 50")
    assert subscriber.recv(timeout=WAIT) == b"10001 30 50"
    subscriber.unsubscribe(b"10001 ")
    assert server.recv(timeout=WAIT) == b"\x0010001 "
    assert proxy.end() == []


# Signals and threads


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt(programs: Programs, make: Make, number: signal.Signals) -> None:
    port = programs.port()
    server = programs.start("interrupt", bind=port)
    assert server.line() == "Waiting for requests, or for a signal"
    requester = make(REQ)
    requester.connect(port)
    requester.send(b"Hello")
    assert server.line() == "Received request: Hello"
    assert server.end(number) == ["W: interrupt received, ending", "W: all is closed"]


def test_a_server_of_threads(programs: Programs, make: Make) -> None:
    port = programs.port()
    server = programs.start("mtserver", bind=port, delay=1000)
    requesters = [make(REQ) for _ in range(5)]
    for requester in requesters:
        requester.connect(port)
        requester.send(b"Hello")
    assert [server.line() for _ in range(5)] == ["Received request: [Hello]"] * 5
    assert not any(requester.poll(0) for requester in requesters)  # each thread has one
    assert [requester.recv(timeout=WAIT) for requester in requesters] == [b"World"] * 5
    assert server.end() == []


def test_a_server_of_threads_ends_amid_its_work(programs_of: ProgramsOf, make: Make) -> None:
    programs = programs_of(PYTHON, "ch2")
    port = programs.port()
    server = programs.start("mtserver", bind=port, delay=300)
    requester = make(REQ)
    requester.connect(port)
    requester.send(b"Hello")
    assert server.line() == "Received request: [Hello]"
    assert server.end(signal.SIGTERM) == []


# Publishers and subscribers


def test_a_synchronised_subscriber_says_nothing_before_it_is_connected(
    programs_of: ProgramsOf, make: Make
) -> None:
    programs = programs_of(PYTHON, "ch2")
    service = make(REP)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(DEADLINE)
        subscriber = programs.start(
            "syncsub",
            connect=f"tcp://127.0.0.1:{silent.getsockname()[1]}",
            sync=service.bind(ANY_PORT),
        )
        with silent.accept()[0]:  # which says nothing, so the handshake does not succeed
            assert not service.poll(200)
            assert subscriber.end() == []


# All of them
