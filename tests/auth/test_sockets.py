"""Sockets set up in one call, with mistakes raised early, and clients that come in once granted."""

from __future__ import annotations

import time
from typing import Any

import pytest
from auth_support import ANNA, BERT, OUTCOMES, SERVER, WAIT, curve_client, curve_server, gets_in
from support import Make, Run

from zmqlite import (
    PULL,
    PUSH,
    ROUTER,
    InvalidArgument,
    MonitorEvent,
    SecurityError,
    Timeout,
    auth,
    z85_decode,
)

# Setting up


def test_a_socket_is_set_up_before_it_is_bound(make: Make) -> None:
    socket = make(ROUTER)
    socket.bind("tcp://127.0.0.1:*")
    for call, given in (
        (auth.curve_client, (ANNA, SERVER)),
        (auth.plain_client, ("anna", "right")),
    ):
        with pytest.raises(SecurityError, match="it comes after 'tcp://"):
            call(socket, *given)
    for name in ("curve_server", "plain_server", "null_server"):
        allow = auth.Policy(null=auth.ANYONE)
        arguments = (SERVER,) if name == "curve_server" else ()
        with pytest.raises(SecurityError, match=rf"{name}\(\).*it comes after"):
            getattr(auth, name)(socket, *arguments, allow=allow)


def test_mistakes_with_keys_are_raised(make: Make) -> None:
    socket: Any = make(PULL)
    with pytest.raises(ValueError, match="has no secret key"):
        auth.curve_server(socket, SERVER.public_only(), allow=set())
    with pytest.raises(ValueError, match="has no secret key"):
        auth.curve_client(socket, ANNA.public_only(), SERVER)
    with pytest.raises(ValueError, match="client's own public key"):
        auth.curve_client(socket, ANNA, ANNA.public_key)
    with pytest.raises(ValueError, match="z85_encode"):
        auth.curve_client(socket, ANNA, z85_decode(SERVER.public_key))
    with pytest.raises(TypeError, match=r"socket of zmqlite or zmqlite\.aio is wanted"):
        auth.plain_client(5, "a", "b")  # type: ignore[arg-type]  # the point
    with pytest.raises(TypeError, match="Policy"):
        auth.null_server(socket, allow=auth.ANYONE)  # type: ignore[arg-type]  # the point
    assert socket.mechanism == 0


# Coming in


def test_connect_tries_again_until_the_client_is_granted(make: Make, run: Run) -> None:
    keys: set[bytes] = set()
    _, endpoint = curve_server(make, keys)
    client = curve_client(make, ANNA)
    with client.monitor(MonitorEvent.HANDSHAKE_FAILED_AUTH) as monitor:
        task = run(auth.connect, client, endpoint, WAIT, interval=10)
        assert monitor.recv(timeout=WAIT)
        keys.add(ANNA.public_key)
        task.result()
    client.send(b"in")


def test_connect_says_why_not(make: Make) -> None:
    server, endpoint = curve_server(make, set())
    with pytest.raises(SecurityError, match=rf"{endpoint}.*denied by the policy"):
        auth.connect(curve_client(make, ANNA), endpoint, WAIT, interval=None)
    start = time.monotonic()
    with pytest.raises(SecurityError, match="denied by the policy"):
        auth.connect(curve_client(make, ANNA), endpoint, 300, interval=100)
    assert time.monotonic() - start >= 0.3
    wrong = make(PUSH, handshake_ivl=100)
    auth.curve_client(wrong, ANNA, BERT)
    with pytest.raises(SecurityError, match="the server refused the keys"):
        auth.connect(wrong, endpoint, 500)
    server.close()
    with pytest.raises(Timeout, match="nobody answered within 100 ms"):
        auth.connect(curve_client(make, ANNA), "tcp://127.0.0.1:9", 100)
    with pytest.raises(InvalidArgument):
        auth.connect(curve_client(make, ANNA), "tcp://*:9", 100)


def test_a_failure_names_the_likely_cause_on_each_side(make: Make) -> None:
    server, endpoint = curve_server(make, set())
    with server.monitor(OUTCOMES) as monitor:
        assert not gets_in(curve_client(make, ANNA), endpoint)
        assert "denied by the policy" in monitor.recv(timeout=WAIT).cause
