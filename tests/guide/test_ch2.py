"""Chapter 2 with both APIs: programs with raw sockets opposite.

What they do among themselves is in the scenarios.
"""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import DEADLINE, Make, eventually

from examples.guide.basics import PYTHON, Api
from zmqlite import PUSH, REP, REQ, XPUB

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf, api: Api) -> Programs:
    return programs_of(api, "ch2")


def test_a_poller_does_nothing_while_nothing_comes(programs: Programs, make: Make) -> None:
    pusher, publisher = make(PUSH), make(XPUB)
    endpoints = {"source": pusher.bind(ANY_PORT), "weather": publisher.bind(ANY_PORT)}
    reader = programs.start("mspoller", tasks=1, updates=1, **endpoints)
    assert publisher.recv(timeout=WAIT) == b"\x0110001 "
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
