"""Majordomo: MDP 0.1 in plain frames, against our workers and clients.

Here the test is the broker; test_ch4_mdp_broker has clients and workers in plain frames.
"""

from __future__ import annotations

import re

import pytest
from mdp_support import CLIENT, DISCONNECT, HEARTBEAT, READY, REPLY, REQUEST, WORKER
from ports import WAIT, Program, Programs
from support import Make, Run

import zmqlite as zmq
from examples.guide.ch4.mdcliapi import MajordomoClient
from examples.guide.ch4.mdcliapi2 import MajordomoAsyncClient

pytestmark = pytest.mark.slow


# The worker


class Broker:
    """The test as the broker of one program."""

    def __init__(self, make: Make) -> None:
        self.socket = make(zmq.ROUTER, rcvtimeo=WAIT)
        self.endpoint = self.socket.bind("tcp://127.0.0.1:*")

    def send(self, peer: bytes, *frames: bytes) -> None:
        self.socket.send_multipart([peer, b"", *frames])

    def recv(self) -> tuple[bytes, list[bytes]]:
        peer, empty, *frames = self.socket.recv_multipart()
        assert empty == b""
        return peer, frames

    def next(self) -> tuple[bytes, list[bytes]]:
        """The next message that is no heartbeat."""
        while (message := self.recv())[1] == [WORKER, HEARTBEAT]:
            pass
        return message


@pytest.fixture
def broker(make: Make) -> Broker:
    return Broker(make)


def start(programs: Programs, broker: Broker, heartbeat: int = 100) -> Program:
    return programs.start(
        *("ch4.mdworker", "--verbose"), broker=broker.endpoint, heartbeat=heartbeat, reconnect=50
    )


def test_a_worker_registers_beats_and_answers(programs: Programs, broker: Broker) -> None:
    start(programs, broker)
    worker, ready = broker.recv()
    assert ready == [WORKER, READY, b"echo"]
    assert broker.recv() == (worker, [WORKER, HEARTBEAT])
    broker.send(worker, WORKER, REQUEST, b"client", b"", b"one", b"", b"\xff")
    assert broker.next() == (worker, [WORKER, REPLY, b"client", b"", b"one", b"", b"\xff"])


def test_a_worker_that_is_disconnected_registers_anew(programs: Programs, broker: Broker) -> None:
    start(programs, broker)
    first, _ = broker.recv()
    broker.send(first, WORKER, b"\x09", b"nonsense")  # which it only reports
    broker.send(first, WORKER, DISCONNECT)
    second, ready = broker.next()
    assert second != first
    assert ready == [WORKER, READY, b"echo"]


def test_a_worker_connects_anew_if_the_broker_is_silent(programs: Programs, broker: Broker) -> None:
    program = start(programs, broker, heartbeat=60)
    first, _ = broker.recv()
    second, ready = broker.next()
    assert second != first
    assert ready == [WORKER, READY, b"echo"]
    assert program.until(".* the broker is silent, connecting anew in 50 ms")


def test_a_worker_that_is_interrupted_says_goodbye(programs: Programs, broker: Broker) -> None:
    program = start(programs, broker)
    worker, _ = broker.recv()
    program.end()
    assert broker.next() == (worker, [WORKER, DISCONNECT])


# The clients


def test_a_client_tries_again_on_a_fresh_socket_and_takes_no_other_reply(
    make: Make, run: Run, context: zmq.Context, broker: Broker
) -> None:
    with MajordomoClient(context, broker.endpoint, timeout=300, tries=5) as client:
        reply = run(client.request, b"echo", b"one", b"")
        first, request = broker.recv()
        assert request == [CLIENT, b"echo", b"one", b""]
        broker.send(first, CLIENT, b"other", b"wrong service")
        second, again = broker.recv()
        assert second != first
        assert again == request
        third, again = broker.recv()  # the second got no reply at all
        broker.send(third, CLIENT, b"echo", b"ONE", b"", b"\xff")
        assert reply.result() == [b"ONE", b"", b"\xff"]


def test_an_asynchronous_client_sends_without_waiting(context: zmq.Context, broker: Broker) -> None:
    with MajordomoAsyncClient(context, broker.endpoint) as client:
        for body in (b"one", b"two"):
            client.send(b"echo", body, b"")
        peer, request = broker.recv()
        assert request == [CLIENT, b"echo", b"one", b""]
        assert broker.recv() == (peer, [CLIENT, b"echo", b"two", b""])
        broker.send(peer, CLIENT, b"echo", b"TWO", b"")
        broker.socket.send_multipart([peer, b"malformed"])
        broker.send(peer, CLIENT, b"echo", b"ONE")
        assert client.recv() == [b"TWO", b""]
        assert client.recv() == [b"ONE"]
        client.timeout = 10
        with pytest.raises(TimeoutError, match=re.escape("no reply in 10 ms")):
            client.recv()
