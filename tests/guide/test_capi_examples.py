"""C ports: the article's programs with a Pythonic program on the other side, and what ports share.

Those of the Guide are tested together with the Pythonic programs.
"""

from __future__ import annotations

import re

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import Make

from examples.guide.basics import C
from zmqlite import PUSH, ROUTER

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


@pytest.fixture
def programs(programs_of: ProgramsOf) -> Programs:
    return programs_of(C, "article")


def test_the_articles_puller(programs: Programs, make: Make) -> None:
    pusher = make(PUSH)
    puller = programs.start("puller", connect=pusher.bind(ANY_PORT), count=3)
    pusher.send_many([b"one", b"", b"x" * 300])
    assert puller.rest() == ["Pulled one", "Pulled ", "Pulled " + "x" * 256]


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
