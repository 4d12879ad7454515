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
    page = (ROOT / "docs" / "strangers.md").read_text(encoding="utf-8")
    for name in zmq.FACING_STRANGERS:
        assert f"`{name}`" in page
