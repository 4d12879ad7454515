"""Sockets of zmqlite.capi and of zmqlite talk to each other, whichever side is which."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from capi.given import Make, bound, content, set_int
from support import DEADLINE

import zmqlite
from zmqlite import Context
from zmqlite.capi import *

WAIT = int(DEADLINE * 1000)
LONG = bytes(range(256)) * 400


@pytest.fixture
def theirs() -> Iterator[Context]:
    """A context of zmqlite; the fixtures of this folder have one of zmqlite.capi."""
    with Context(linger=0) as context:
        yield context


@pytest.fixture(params=["tcp", "ipc"])
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "tcp://127.0.0.1:*" if request.param == "tcp" else f"ipc://{tmp_path}/socket"


def test_long_messages_without_copies_both_ways(make: Make, theirs: Context, endpoint: str) -> None:
    socket, msg, freed = make(ZMQ_DEALER), zmq_msg_t(), []
    with theirs.socket(zmqlite.DEALER) as other:
        other.connect(bound(socket, endpoint))
        assert zmq_msg_init_data(msg, LONG, len(LONG), lambda *args: freed.append(args), 7) == 0
        assert zmq_msg_send(msg, socket, 0) == len(LONG)
        received = other.recv_message(timeout=WAIT)
        assert received.data == LONG
        other.send(received)
        assert zmq_msg_recv(msg, socket, 0) == len(LONG)
        assert content(msg) == LONG
        other.send(LONG)
        assert zmq_msg_recv(msg, socket, 0) == len(LONG)
        assert content(msg) == LONG
        assert zmq_msg_gets(msg, "Socket-Type") == "DEALER"
        assert zmq_msg_close(msg) == 0


def test_a_curve_server_in_c_and_a_pythonic_client(make: Make, theirs: Context) -> None:
    if not zmq_has("curve"):
        pytest.skip("libzmq was built without CURVE")
    server, public, secret = make(ZMQ_PULL), c_char_buffer(41), c_char_buffer(41)
    assert zmq_curve_keypair(public, secret) == 0
    assert set_int(server, ZMQ_CURVE_SERVER, 1) == 0
    assert zmq_setsockopt(server, ZMQ_CURVE_SECRETKEY, secret, sizeof(secret)) == 0
    client = theirs.socket(zmqlite.PUSH, curve_serverkey=public.value)
    client.curve_publickey, client.curve_secretkey = zmqlite.curve_keypair()
    with client:
        client.connect(bound(server, "tcp://127.0.0.1:*"))
        client.send(b"secret")
        buffer = bytearray(6)
        assert zmq_recv(server, buffer, 6, 0) == 6
        assert buffer == b"secret"
