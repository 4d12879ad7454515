"""Ten situations that look like silence, and what the events say about each."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any

import pytest
from support import Make, eventually

import zmqlite as zmq
from zmqlite import auth

SERVER, CLIENT, OTHER = (zmq.curve_keypair() for _ in range(3))

AS_SERVER: dict[str, Any] = {"certificate": auth.Certificate(*SERVER), "allow": auth.ANYONE}
AS_CLIENT = {
    "curve_serverkey": SERVER[0],
    "curve_publickey": CLIENT[0],
    "curve_secretkey": CLIENT[1],
}

# Name, options of both sides, and what the cause says for the server and for the client.
CURVE: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "the client has a wrong server key": (
        AS_SERVER,
        {**AS_CLIENT, "curve_serverkey": OTHER[0]},
        "the client has another curve_serverkey",
        "curve_serverkey is not its public key",
    ),
    "the client is plain": (
        AS_SERVER,
        {},
        "another security mechanism than CURVE",
        "another security mechanism than NULL",
    ),
    "the server is plain": (
        {},
        AS_CLIENT,
        "another security mechanism than NULL",
        "another security mechanism than CURVE",
    ),
}


def causes(
    make: Make,
    there: dict[str, Any],
    here: dict[str, Any],
    kinds: tuple[zmq.SocketType, zmq.SocketType] = (zmq.PULL, zmq.PUSH),
) -> tuple[str, str]:
    """Connect two sockets; return the causes that the events of both name, server first."""
    server, client = make(kinds[0]), make(kinds[1], reconnect_ivl=50, **here)
    if there:
        auth.curve_server(server, **there)
    with server.monitor() as theirs, client.monitor() as ours:
        client.connect(server.bind("tcp://127.0.0.1:*"))
        first, second = (
            next(event for event in monitor.iter(5000) if event.cause) for monitor in (theirs, ours)
        )
        assert first.side == "bound"
        assert second.side == "connected"
        assert first.cause in str(first)
        return first.cause, second.cause


@pytest.mark.parametrize(
    ("there", "here", "for_server", "for_client"), CURVE.values(), ids=CURVE.keys()
)
def test_a_mistake_with_curve_is_named(
    there: dict[str, Any], here: dict[str, Any], for_server: str, for_client: str, make: Make
) -> None:
    server, client = causes(make, there, here)
    assert for_server in server
    assert for_client in client


def test_keys_that_fit_cause_nothing(make: Make) -> None:
    server, client = make(zmq.PULL), make(zmq.PUSH, **AS_CLIENT)
    auth.curve_server(server, **AS_SERVER)
    with server.monitor() as monitor:
        client.connect(server.bind("tcp://127.0.0.1:*"))
        kinds = []
        for event in monitor:
            kinds.append(event.event)
            assert event.cause == ""
            if event.event is zmq.MonitorEvent.HANDSHAKE_SUCCEEDED:
                assert (event.mechanism, event.role) == ("CURVE", "server")
                break


def test_socket_types_that_do_not_fit_are_named(make: Make) -> None:
    for cause in causes(make, {}, {}, (zmq.REP, zmq.PUSH)):
        assert "socket types do not fit" in cause


@pytest.mark.parametrize(
    ("status", "for_server"),
    [(b"400", "denied by the policy"), (b"300", "not able to decide"), (b"500", "handler failed")],
)
def test_a_denial_by_policy_is_named(
    status: bytes, for_server: str, make: Make, context: zmq.Context
) -> None:
    handler = make(zmq.REP)
    handler.bind("inproc://zeromq.zap.01")

    def answer() -> None:
        for request in handler.iter_multipart():
            handler.send_multipart([b"1.0", request[1], status, b"", b"", b""])

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    server, client = make(zmq.PULL, zap_domain="test"), make(zmq.PUSH)
    with server.monitor(zmq.MonitorEvent.HANDSHAKE_FAILED_AUTH) as monitor:
        client.connect(server.bind("tcp://127.0.0.1:*"))
        event = monitor.recv(timeout=5000)
    assert event.value == int(status)
    assert for_server in event.cause
    context.shutdown()
    thread.join(10)
    assert not thread.is_alive()


def test_a_peer_that_is_no_zeromq_is_named(make: Make) -> None:
    server = make(zmq.PUB)
    with server.monitor() as monitor:
        port = int(server.bind("tcp://127.0.0.1:*").rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as browser:
            own = browser.getsockname()[1]
            # Its address is known only if it is still there when the event arrives.
            accepted = next(event for event in monitor.iter(5000) if event.peer)
            assert accepted.event is zmq.MonitorEvent.ACCEPTED
            browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n" + b"x" * 99)
            browser.shutdown(socket.SHUT_WR)
            event = next(event for event in monitor.iter(5000) if event.cause)
    assert "no ZeroMQ socket" in event.cause
    # On a busy machine the connection may be gone before the hub asks for its other end.
    assert event.peer in ("", f"127.0.0.1:{own}")


def test_a_server_that_says_nothing_is_named(make: Make) -> None:
    client = make(zmq.PUSH, handshake_ivl=50)
    with socket.create_server(("127.0.0.1", 0)) as silent, client.monitor() as monitor:
        client.connect(f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        event = next(event for event in monitor.iter(5000) if event.cause)
    assert "handshake_ivl" in event.cause


def test_a_server_that_is_not_there_is_counted(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    client = make(zmq.PUSH, reconnect_ivl=5)
    client.statistics()
    client.connect(f"tcp://127.0.0.1:{port}")
    eventually(lambda: client.statistics().reconnects > 2)
    assert client.statistics().failures == 0


def test_an_address_in_use_is_named(make: Make) -> None:
    endpoint = make(zmq.PULL).bind("tcp://127.0.0.1:*")
    second = make(zmq.PULL)
    with second.monitor(zmq.MonitorEvent.BIND_FAILED) as monitor:
        with pytest.raises(OSError, match="in use"):
            second.bind(endpoint)
        failed = monitor.recv(timeout=5000)
    assert (failed.value, failed.cause) == (errno.EADDRINUSE, "another socket is bound there")
