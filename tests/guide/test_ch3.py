"""Load balancing, with both APIs where there are: programs with a raw socket on one side."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from ports import WAIT, Programs, ProgramsOf
from support import Make

from examples.guide.basics import PYTHON, Api, C
from zmqlite import DEALER, REQ, Socket

pytestmark = pytest.mark.slow

ANY_PORT = "tcp://127.0.0.1:*"


# The load-balancing broker


@pytest.mark.parametrize(
    ("api", "name", "ready", "options"),
    [
        (C, "lbbroker", b"READY", {"others": 6}),
        (PYTHON, "lbbroker", b"READY", {"others": 6}),
        (PYTHON, "lbbroker2", b"READY", {"others": 6}),
        (PYTHON, "lbbroker3", b"\1", {}),
        (PYTHON, "lbbroker3_asyncio", b"\1", {}),
    ],
)
def test_the_worker_that_has_been_free_for_longest_is_next(
    programs_of: ProgramsOf,
    make: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    api: Api,
    name: str,
    ready: bytes,
    options: dict[str, int],
) -> None:
    monkeypatch.chdir(tmp_path)
    broker = programs_of(api, "ch3").start(name, clients=0, workers=0, **options)
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
