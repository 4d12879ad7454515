"""The C ports of chapters 2 and 3 with a Pythonic program on the other side, and their helpers."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from ports import WAIT, Programs
from support import Make

from zmqlite import (
    DEALER,
    PUSH,
    REP,
    REQ,
    ROUTER,
    SUB,
    XPUB,
    Context,
    Event,
    MonitorEvent,
    Poller,
    SocketType,
)

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(tmp_path: Path, context: Context) -> Iterator[Programs]:
    """Programs that are ended before the context is, which looks what is left open."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()


# Chapter 2


@pytest.mark.parametrize("name", ["msreader", "mspoller"])
def test_a_reader_of_several_sockets(programs: Programs, make: Make, name: str) -> None:
    pusher, publisher = make(PUSH), make(XPUB)
    endpoints = {"source": pusher.bind(ANY_PORT), "weather": publisher.bind(ANY_PORT)}
    reader = programs.start(name, tasks=20, updates=10, **endpoints)
    assert publisher.recv(timeout=WAIT) == b"\x0110001 "
    for number in range(10):
        publisher.send(b"10001 %d 50" % number)
        publisher.send(b"10002 %d 50" % number)
        pusher.send_many([b"1", b"2"])
    assert reader.rest() == ["Read 20 tasks and 10 updates"]


def test_a_client_of_a_broker(programs: Programs, make: Make) -> None:
    responder = make(REP)
    client = programs.start("rrclient", connect=responder.bind(ANY_PORT), count=3)
    for number in range(3):
        assert responder.recv(timeout=WAIT) == b"Hello"
        responder.send(b"%d" % number)
    assert client.rest() == [f"Received reply {number} [{number}]" for number in range(3)]


def test_a_worker_of_a_broker(programs: Programs, make: Make) -> None:
    dealer = make(DEALER)
    worker = programs.start("rrworker", connect=dealer.bind(ANY_PORT), delay=0)
    for way_back in ([b""], [b"client", b""]):
        dealer.send_multipart([*way_back, b"Hello"])
        assert dealer.recv_multipart(timeout=WAIT) == [*way_back, b"World"]
    assert worker.end() == ["Received request: [Hello]"] * 2


@pytest.mark.parametrize("name", ["rrbroker", "msgqueue"])
def test_a_broker(programs: Programs, make: Make, name: str) -> None:
    clients, workers = programs.port(), programs.port()
    broker = programs.start(name, clients=clients, workers=workers)
    client, responders, poller = make(DEALER), [make(REP), make(REP)], Poller()
    client.connect(clients)
    for responder in responders:
        responder.connect(workers)
        poller.register(responder, Event.POLLIN)

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


def test_a_synchronised_publisher(programs: Programs, make: Make) -> None:
    port, sync = programs.port(), programs.port()
    publisher = programs.start("syncpub", bind=port, sync=sync, subscribers=2, count=5000)
    subscribers, requester = [make(SUB, rcvhwm=0) for _ in range(2)], make(REQ)
    for subscriber in subscribers:
        subscriber.subscribe(b"")
        with subscriber.monitor(MonitorEvent.HANDSHAKE_SUCCEEDED) as monitor:
            subscriber.connect(port)
            monitor.recv(timeout=WAIT)
    requester.connect(sync)  # after the subscriptions were sent
    for _ in subscribers:
        requester.send(b"")
        assert requester.recv(timeout=WAIT) == b""
    for subscriber in subscribers:
        assert [subscriber.recv(timeout=WAIT) for _ in range(5000)] == [b"Rhubarb"] * 5000
        assert subscriber.recv(timeout=WAIT) == b"END"
    assert publisher.rest() == ["Waiting for subscribers", "Broadcasting messages"]


def test_a_synchronised_subscriber(programs: Programs, make: Make) -> None:
    publisher, service = make(XPUB), make(REP)
    endpoints = {"connect": publisher.bind(ANY_PORT), "sync": service.bind(ANY_PORT)}
    subscriber = programs.start("syncsub", pause=0, **endpoints)
    assert publisher.recv(timeout=WAIT) == b"\1"
    assert service.recv(timeout=WAIT) == b""
    service.send(b"")
    publisher.send_many([b"Rhubarb"] * 50)
    publisher.send(b"END")
    assert subscriber.rest() == ["Received 50 updates"]


def test_a_publisher_of_envelopes(programs: Programs, make: Make) -> None:
    port = programs.port()
    publisher = programs.start("psenvpub", bind=port, interval=5)
    subscriber = make(SUB)
    subscriber.connect(port)
    subscriber.subscribe(b"")
    addresses = []
    for _ in range(6):
        address, _contents = subscriber.recv_multipart(timeout=WAIT)
        addresses.append(address)
    assert addresses in ([b"A", b"B"] * 3, [b"B", b"A"] * 3)
    assert publisher.end() == []


def test_a_subscriber_to_envelopes(programs: Programs, make: Make) -> None:
    publisher = make(XPUB)
    subscriber = programs.start("psenvsub", connect=publisher.bind(ANY_PORT), count=2)
    assert publisher.recv(timeout=WAIT) == b"\1B"
    for address in (b"A", b"B", b"A", b"B"):
        publisher.send_multipart([address, b"for " + address])
    assert subscriber.rest() == ["[B] for B"] * 2


# Chapter 3


@pytest.mark.parametrize("name", ["rtreq", "rtdealer"])
@pytest.mark.parametrize("kind", [REQ, DEALER])
def test_a_worker_that_is_fired(
    programs: Programs, make: Make, name: str, kind: SocketType
) -> None:
    port = programs.port()
    broker = programs.start(name, bind=port, workers=0, others=1, duration=300)
    worker = make(kind)
    delimiter = [] if kind is REQ else [b""]
    worker.connect(port)
    answers: list[list[bytes]] = []
    while not answers or answers[-1] == [*delimiter, b"Work harder"]:
        worker.send_multipart([*delimiter, b"Hi Boss"])
        answers.append(worker.recv_multipart(timeout=WAIT))
    assert answers[-1] == [*delimiter, b"Fired!"]
    assert broker.rest() == []


@pytest.mark.parametrize("name", ["rtreq", "rtdealer"])
def test_workers_that_are_fired(programs: Programs, make: Make, name: str) -> None:
    router = make(ROUTER)
    workers = programs.start(
        name, bind=programs.port(), connect=router.bind(ANY_PORT), workers=2, longest=1
    )
    jobs: dict[bytes, int] = {}
    fired = 0
    while fired < 2:
        identity, *request = router.recv_multipart(timeout=WAIT)
        assert request == [b"", b"Hi Boss"]
        assert re.fullmatch(b"[0-9A-F]{4}-[0-9A-F]{4}", identity)
        jobs[identity] = jobs.get(identity, -1) + 1
        fired += jobs[identity] == 3
        router.send_multipart([identity, b"", b"Fired!" if jobs[identity] == 3 else b"Work harder"])
    assert [workers.line() for _ in range(2)] == ["Completed: 3 tasks"] * 2
    assert workers.end() == []  # its own broker has nobody to fire


def test_a_load_balancer(programs: Programs, make: Make) -> None:
    broker = programs.start("lbbroker", clients=0, workers=0, others=3)
    worker, clients = make(REQ), [make(REQ) for _ in range(3)]
    worker.connect(f"ipc://{programs.directory}/backend.ipc")
    worker.send(b"READY")
    for number, client in enumerate(clients):
        client.connect(f"ipc://{programs.directory}/frontend.ipc")
        client.send(b"%d" % number)
    for _ in clients:
        identity, empty, request = worker.recv_multipart(timeout=WAIT)
        assert empty == b""
        worker.send_multipart([identity, b"", b"reply to " + request])
    for number, client in enumerate(clients):
        assert client.recv(timeout=WAIT) == b"reply to %d" % number
    assert broker.rest() == []


def test_a_client_and_a_worker_of_a_load_balancer(programs: Programs, make: Make) -> None:
    frontend, backend = make(ROUTER), make(ROUTER)
    frontend.bind(f"ipc://{programs.directory}/frontend.ipc")
    backend.bind(f"ipc://{programs.directory}/backend.ipc")
    task = "from examples.capi.lbbroker import {0}; {0}(None)"
    worker = programs.script(task.format("worker_task"))
    worker_id, *ready = backend.recv_multipart(timeout=WAIT)
    assert ready == [b"", b"READY"]

    client = programs.script(task.format("client_task"))
    client_id, *request = frontend.recv_multipart(timeout=WAIT)
    assert request == [b"", b"HELLO"]
    backend.send_multipart([worker_id, b"", client_id, *request])
    assert backend.recv_multipart(timeout=WAIT) == [worker_id, b"", client_id, b"", b"OK"]
    frontend.send_multipart([client_id, b"", b"OK"])
    assert client.rest() == ["Client: OK"]
    worker.process.terminate()


# What the ports share


HELPERS = """
from zmqlite.capi import *
from examples.capi.zhelpers import *

context = zmq_ctx_new()
here, there = zmq_socket(context, ZMQ_PAIR), zmq_socket(context, ZMQ_PAIR)
assert zmq_bind(here, "inproc://pair") == 0
assert zmq_connect(there, "inproc://pair") == 0

assert s_sendmore(here, "text") == 4
assert s_sendmore(here, "") == 0
assert s_send(here, "\\xe9") == 2
s_dump(there)

zmq_send(here, b"\\0\\xff\\x80", 3, 0)
strange = s_recv(there)
s_send(there, strange)
buffer = bytearray(3)
assert zmq_recv(here, buffer, 3, 0) == 3
assert buffer == b"\\0\\xff\\x80"

s_send(here, "x" * 300)
assert s_recv(there) == "x" * 300

s_set_id(here)
identity, size = c_char_buffer(255), c_size_t(255)
assert zmq_getsockopt(here, ZMQ_ROUTING_ID, identity, size) == 0
print(identity.value.decode())

assert {randof(3) for _ in range(200)} == {0, 1, 2}
start = s_clock()
s_sleep(20)
assert 19 <= s_clock() - start
s_console("at that time")

zmq_ctx_shutdown(context)
assert s_recv(here) is None
assert zmq_errno() == ETERM
"""


def test_the_helpers(programs: Programs) -> None:
    *dump, identity, console = programs.script(HELPERS).rest()
    assert dump == ["-" * 40, "[004] text", "[000] ", "[002] C3A9"]
    assert re.fullmatch("[0-9A-F]{4}-[0-9A-F]{4}", identity)
    assert re.fullmatch(r"\d\d-\d\d-\d\d \d\d:\d\d:\d\d at that time", console)


def test_ctrl_c_ends_a_port_that_cannot_see_it(programs: Programs) -> None:
    """A handler that does nothing stands for one whose turn does not come, as inside libzmq."""
    blocked = programs.script(
        "import signal\n"
        "from examples.capi.zhelpers import run\n"
        "def main(name: str = 'me') -> int:\n"
        "    signal.signal(signal.SIGINT, lambda number, frame: None)\n"
        "    print('Hello', name)\n"
        "    while True:\n"
        "        pass\n"
        "run(main)\n"
    )
    assert blocked.line() == "Hello me"
    assert blocked.end() == []


def test_arguments_of_a_port(programs: Programs) -> None:
    lines = programs.start("hwclient", connect="tcp://127.0.0.1:1", count=0).rest()
    assert lines == []
    wrong = programs.start("hwclient", cuont=5)
    assert wrong.process.wait(WAIT / 1000) == 2
