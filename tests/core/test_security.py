"""Options that decide about strangers: those set too late, and the named set of them."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from checkout import ROOT
from support import Make

import zmqlite as zmq
from zmqlite import aio

PUBLIC, SECRET = zmq.curve_keypair()
ZAP = "inproc://zeromq.zap.01"
OUTCOMES = zmq.MonitorEvent.HANDSHAKE_SUCCEEDED | zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL

OPTIONS = {
    "curve_server": True,
    "curve_publickey": PUBLIC,
    "curve_secretkey": SECRET,
    "curve_serverkey": PUBLIC,
    "plain_server": False,
    "plain_username": "name",
    "plain_password": "word",
    "zap_domain": "here",
}


@pytest.fixture
def late() -> Iterator[list[warnings.WarningMessage]]:
    """What was warned about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_a_security_option_after_bind_warns(
    option: str, transport: str, make: Make, late: list[warnings.WarningMessage]
) -> None:
    socket = make(zmq.REP)
    endpoint = socket.bind("tcp://127.0.0.1:*" if transport == "tcp" else "ipc://*")
    setattr(socket, option, OPTIONS[option])
    [warning] = late
    assert warning.category is zmq.SecurityWarning
    assert option in str(warning.message)
    assert endpoint in str(warning.message)
    assert warning.filename == __file__


def test_a_security_option_after_connect_warns(
    make: Make, late: list[warnings.WarningMessage]
) -> None:
    socket = make(zmq.REQ)
    socket.connect("tcp://127.0.0.1:9")
    socket.set(zmq.Socket.curve_serverkey, PUBLIC)
    socket.set(50, PUBLIC)  # by its number
    assert [warning.category for warning in late] == [zmq.SecurityWarning] * 2
    assert {warning.filename for warning in late} == {__file__}


def test_a_security_option_of_an_awaited_socket_warns(late: list[warnings.WarningMessage]) -> None:
    async def main() -> None:
        async with aio.Context() as context, context.socket(zmq.REP) as socket:
            socket.bind("tcp://127.0.0.1:*")
            socket.curve_server = True

    asyncio.run(main())
    assert [(each.category, each.filename) for each in late] == [(zmq.SecurityWarning, __file__)]


def test_security_options_in_time_and_other_options_do_not_warn(
    make: Make, late: list[warnings.WarningMessage]
) -> None:
    make(zmq.ROUTER).bind(ZAP)
    socket = make(zmq.REP, curve_server=True, curve_secretkey=SECRET)
    socket.bind("inproc://security")
    socket.zap_domain = "here"
    endpoint = socket.bind("tcp://127.0.0.1:*")
    socket.maxmsgsize = 1000
    socket.unbind(endpoint)
    socket.connect("tcp://127.0.0.1:9")
    socket.disconnect("tcp://127.0.0.1:9")
    socket.curve_secretkey = SECRET
    assert late == []


def test_an_option_that_is_refused_does_not_warn(
    make: Make, late: list[warnings.WarningMessage]
) -> None:
    socket = make(zmq.REP)
    socket.bind("tcp://127.0.0.1:*")
    with pytest.raises(ValueError, match="curve_secretkey"):
        socket.curve_secretkey = b"short"
    assert late == []


OTHER = zmq.curve_keypair()
CLIENT = {"curve_publickey": PUBLIC, "curve_secretkey": SECRET, "curve_serverkey": OTHER[0]}
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a server without a secret": ({"curve_server": True}, "no curve_secretkey"),
    "a client without keys": ({"curve_serverkey": OTHER[0]}, "no keys of its own"),
    "a client without a public key": (
        {"curve_serverkey": OTHER[0], "curve_secretkey": SECRET},
        "no curve_publickey",
    ),
    "a client without the key of its server": (
        {"curve_publickey": PUBLIC, "curve_secretkey": SECRET},
        "no curve_serverkey",
    ),
    "keys of two pairs": ({**CLIENT, "curve_secretkey": OTHER[1]}, "no pair"),
    "keys of a server that are of two pairs": (
        {"curve_server": True, "curve_publickey": PUBLIC, "curve_secretkey": OTHER[1]},
        "no pair",
    ),
    "the own key as that of the server": ({**CLIENT, "curve_serverkey": PUBLIC}, "own curve_publi"),
    "a CURVE server that nobody decides for": (
        {"curve_server": True, "curve_secretkey": SECRET},
        "no ZAP handler; nothing decides who may connect.*curve_server.*ANYONE",
    ),
    "a PLAIN server that nobody decides for": ({"plain_server": True}, "auth.plain_server"),
    "a domain that nobody decides for": ({"zap_domain": "here"}, "auth.null_server"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("call", ["bind", "connect"])
def test_a_mistake_with_security_is_raised_before_anything_happens(
    mistake: str, call: str, make: Make
) -> None:
    options, text = MISTAKES[mistake]
    socket = make(zmq.REP, **options)
    with pytest.raises(zmq.SecurityError, match=text) as caught:
        getattr(socket, call)("tcp://127.0.0.1:9999")
    assert f"Socket.{call}('tcp://127.0.0.1:9999')" in str(caught.value)
    for secret in (SECRET, OTHER[1]):
        assert secret.decode() not in str(caught.value)
    socket.bind("inproc://security")  # where there are no strangers


def test_an_awaited_server_is_closed_as_well() -> None:
    async def main() -> None:
        async with aio.Context() as context, context.socket(zmq.REP) as socket:
            socket.plain_server = True
            with pytest.raises(zmq.SecurityError, match="no ZAP handler"):
                socket.bind("tcp://127.0.0.1:*")

    asyncio.run(main())


def test_a_server_whose_context_has_a_handler_is_closed_by_libzmq(make: Make) -> None:
    handler = make(zmq.ROUTER)
    handler.bind(ZAP)
    server = make(zmq.PULL, curve_server=True, curve_secretkey=SECRET)
    endpoint = server.bind("tcp://127.0.0.1:*")
    assert (server.zap_domain, server.zap_enforce_domain) == ("global", True)
    handler.unbind(ZAP)
    client = make(zmq.PUSH, curve_serverkey=PUBLIC)
    client.curve_publickey, client.curve_secretkey = OTHER
    with server.monitor(OUTCOMES) as monitor:
        client.connect(endpoint)
        event = monitor.recv(timeout=5000)
    assert event.event is zmq.MonitorEvent.HANDSHAKE_FAILED_NO_DETAIL
    assert "no ZAP handler" in event.cause


@pytest.mark.parametrize("kind", zmq.SocketType)
def test_the_set_for_strangers_suits_every_type(kind: zmq.SocketType, make: Make) -> None:
    socket = make(kind, **zmq.FACING_STRANGERS)
    for name, value in zmq.FACING_STRANGERS.items():
        assert getattr(socket, name) == value
    given: dict[str, Any] = {**zmq.FACING_STRANGERS, "maxmsgsize": 4096}
    assert make(kind, **given).maxmsgsize == 4096


def test_the_set_for_strangers_drops_a_peer_that_sends_too_much(make: Make) -> None:
    server = make(zmq.PULL, **zmq.FACING_STRANGERS)
    endpoint = server.bind("tcp://127.0.0.1:*")
    stranger, friend = make(zmq.PUSH), make(zmq.PUSH)
    with stranger.monitor(zmq.MonitorEvent.DISCONNECTED) as monitor:
        stranger.connect(endpoint)
        stranger.send(bytes(zmq.FACING_STRANGERS["maxmsgsize"] + 1))
        assert monitor.recv(timeout=10_000).event == zmq.MonitorEvent.DISCONNECTED
    stranger.close(linger=0)
    friend.connect(endpoint)
    friend.send(b"short enough")
    assert server.recv(timeout=10_000) == b"short enough"


def test_the_page_for_strangers_names_every_option_of_the_set() -> None:
    page = (ROOT / "docs" / "howto" / "strangers.md").read_text(encoding="utf-8")
    for name in zmq.FACING_STRANGERS:
        assert f"`{name}`" in page
