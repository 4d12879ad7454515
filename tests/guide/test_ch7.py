"""File transfer: each server and client with a raw socket on the other side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from support import DEADLINE, Make, Run

from examples.guide.ch7 import fileio1, fileio2, fileio3
from examples.guide.ch7.files import CHUNK
from zmqlite import DEALER, ROUTER, Socket

WAIT = int(DEADLINE * 1000)
ANY_PORT = "tcp://127.0.0.1:*"
SIZES = (0, 1, CHUNK - 1, CHUNK, pytest.param(10_000_000, marks=pytest.mark.slow))

Fetch = Callable[[Socket], Iterator[bytes]]
Serve = Callable[[str], str]  # a model to an endpoint

MODELS: dict[str, tuple[Callable[[Socket, str], None], int, Fetch]] = {
    "fileio1": (fileio1.serve, 0, fileio1.fetch),
    "fileio2": (fileio2.serve, 1000, fileio2.fetch),
    "fileio3": (fileio2.serve, 1000, partial(fileio3.fetch, credit=10)),
}


def chunks_of(model: str, size: int) -> int:
    """How many chunks a file of this size makes."""
    return -(-size // CHUNK) + 1 if model == "fileio1" else size // CHUNK + 1


def content(size: int) -> bytes:
    """Bytes among which no chunk is like another."""
    return os.urandom(size)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "testdata"


@pytest.fixture
def serve(make: Make, run: Run, path: Path) -> Serve:
    """Start the server of a program in a thread, and return where."""

    def serve(model: str) -> str:
        function, hwm, _ = MODELS[model]
        server = make(ROUTER, sndhwm=hwm)
        endpoint = server.bind(ANY_PORT)
        run(function, server, str(path))
        return endpoint

    return serve


def client_of(make: Make, endpoint: str) -> Socket:
    client = make(DEALER, rcvtimeo=WAIT)
    client.connect(endpoint)
    return client


def request(offset: int, size: int = CHUNK) -> list[bytes]:
    return [b"fetch", b"%d" % offset, b"%d" % size]


# What comes is what was there


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_a_file_comes_in_order(serve: Serve, make: Make, path: Path, model: str, size: int) -> None:
    data = content(size)
    path.write_bytes(data)
    fetch = MODELS[model][2]
    chunks = list(fetch(client_of(make, serve(model))))
    assert len(chunks) == chunks_of(model, size)
    assert b"".join(chunks) == data


# The servers


def test_a_server_sends_the_piece_that_is_asked_for(serve: Serve, make: Make, path: Path) -> None:
    path.write_bytes(b"0123456789")
    client = client_of(make, serve("fileio2"))
    for offset, size, expected in (
        (0, 4, b"0123"),
        (8, 4, b"89"),
        (3, 0, b""),
        (10, 4, b""),
        (11, 4, b""),
        (0, 10**18 - 1, b"0123456789"),
        (10**18 - 1, 1, b""),
    ):
        client.send_multipart(request(offset, size))
        assert client.recv_multipart() == [expected]


@pytest.mark.parametrize(
    "malformed",
    [
        [b""],
        [b"fetch", b"0"],
        [b"fetch", b"0", b"1", b""],
        [b"fetch", b"-1", b"1"],
        [b"fetch", b"0", b"many"],
        [b"fetch", b"9" * 5000, b"1"],
        [b"delete", b"0", b"1"],
    ],
    ids=["empty", "few", "many", "negative", "text", "huge", "command"],
)
@pytest.mark.parametrize("model", MODELS)
def test_a_server_passes_over_what_is_no_request(
    serve: Serve, make: Make, path: Path, model: str, malformed: list[bytes]
) -> None:
    path.write_bytes(b"data")
    client = client_of(make, serve(model))
    client.send_multipart(malformed)
    client.send_multipart([b"fetch"] if model == "fileio1" else request(0))
    assert client.recv() == b"data"


@pytest.mark.parametrize("model", MODELS)
def test_a_client_that_never_reads_keeps_nobody_waiting(
    serve: Serve, make: Make, path: Path, model: str
) -> None:
    data = content(4 * CHUNK)
    path.write_bytes(data)
    endpoint = serve(model)
    slow = client_of(make, endpoint)
    requests = [[b"fetch"]] if model == "fileio1" else [request(n * CHUNK) for n in range(4)]
    for _ in range(5):
        for frames in requests:
            slow.send_multipart(frames)
    assert b"".join(MODELS[model][2](client_of(make, endpoint))) == data
    # All that it asked for is still there for it.
    for _ in range(5):
        assert b"".join(slow.recv() for _ in range(4)) == data
        if model == "fileio1":
            assert slow.recv() == b""


# The clients


@pytest.mark.parametrize(("model", "credit"), [("fileio2", 1), ("fileio3", 10)])
def test_no_client_asks_beyond_its_credit(make: Make, run: Run, model: str, credit: int) -> None:
    data = content(25 * CHUNK)
    server = make(ROUTER, rcvtimeo=WAIT)
    client = client_of(make, server.bind(ANY_PORT))
    fetched = run(lambda: b"".join(MODELS[model][2](client)))
    asked = [server.recv_multipart() for _ in range(credit)]
    for number in range(26):
        assert number % 5 or not server.poll(20)  # no more than that
        server.send_multipart([asked[number][0], data[number * CHUNK :][:CHUNK]])
        if number < 25:
            asked.append(server.recv_multipart())
    assert [frames[1:] for frames in asked] == [request(n * CHUNK) for n in range(25 + credit)]
    assert fetched.result() == data
