"""The C ports of chapter 3 with a Pythonic program on the other side, and what the ports share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ports import WAIT, Programs
from support import Make

from zmqlite import DEALER, REQ, ROUTER, Context, SocketType

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(tmp_path: Path, context: Context) -> Iterator[Programs]:
    """Programs that are ended before the context is, which looks what is left open."""
    programs = Programs(tmp_path)
    yield programs
    programs.end()


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
