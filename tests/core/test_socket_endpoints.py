"""Where a socket is bound and connected: the names, and what is refused."""

from __future__ import annotations

import errno
import os
import re
import socket as std_socket
from pathlib import Path

import pytest
from support import Make, eventually, unique_ipc

import zmqlite as zmq


def talk(sender: zmq.Socket, receiver: zmq.Socket) -> None:
    """Show that they are connected."""
    sender.send(b"frame", timeout=5000)
    assert receiver.recv(timeout=5000) == b"frame"


# Binding


@pytest.mark.parametrize("wildcard", ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://*:*"])
def test_bind_returns_the_real_port(wildcard: str, make: Make) -> None:
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    endpoint = receiver.bind(wildcard)
    assert re.fullmatch(r"tcp://(127\.0\.0\.1|0\.0\.0\.0):[1-9]\d*", endpoint)
    assert endpoint == receiver.last_endpoint
    sender.connect(endpoint.replace("0.0.0.0", "127.0.0.1"))
    talk(sender, receiver)


def test_bind_returns_the_real_path_of_an_ipc_wildcard(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    endpoint = receiver.bind("ipc://*")
    assert endpoint.startswith(f"ipc://{tmp_path}/")
    sender.connect(endpoint)
    talk(sender, receiver)
    receiver.unbind("ipc://*")
    eventually(lambda: not any(tmp_path.iterdir()))


def test_bind_returns_what_it_was_given_where_that_is_real(make: Make, tmp_path: Path) -> None:
    receiver = make(zmq.PULL)
    for endpoint in (
        f"ipc://{tmp_path}/socket",
        unique_ipc(),
        "inproc://a name of any kind \u00fc",
    ):
        assert receiver.bind(endpoint) == endpoint
        sender = make(zmq.PUSH)
        sender.connect(endpoint)
        talk(sender, receiver)


def test_ipv6(make: Make) -> None:
    receiver, sender = make(zmq.PULL, ipv6=True), make(zmq.PUSH, ipv6=True)
    try:
        endpoint = receiver.bind("tcp://[::1]:*")
    except zmq.ZMQError as error:
        pytest.skip(f"no IPv6 here: {error}")
    assert endpoint.startswith("tcp://[::1]:")
    sender.connect(endpoint)
    talk(sender, receiver)


# What is refused


@pytest.mark.parametrize("transport", ["tcp", "inproc", "abstract ipc"])
def test_an_endpoint_in_use_is_named(transport: str, make: Make, endpoint: str) -> None:
    first, second = make(zmq.PULL), make(zmq.PULL)
    wanted = {"tcp": "tcp://127.0.0.1:*", "inproc": endpoint}.get(transport) or unique_ipc()
    real = first.bind(wanted)
    with pytest.raises(zmq.AddressInUse, match=re.escape(f"Socket.bind('{real}')")) as caught:
        second.bind(real)
    assert caught.value.subject == real
    assert second.last_endpoint == ""


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("tcp://192.0.2.1:*", errno.ENODEV),
        ("tcp://no-such-interface:*", errno.ENODEV),
        ("ipc:///no/such/directory/socket", errno.ENOENT),
        (f"ipc:///tmp/{'x' * 103}", errno.ENAMETOOLONG),
        (f"ipc://@{'x' * 107}", errno.ENAMETOOLONG),
        ("ipc://" + "\u00e4" * 54, errno.ENAMETOOLONG),
        ("nonsense://address", errno.EPROTONOSUPPORT),
        ("ipc://@", errno.EINVAL),
    ],
)
def test_an_endpoint_that_cannot_be_bound_is_named(endpoint: str, code: int, make: Make) -> None:
    with pytest.raises(zmq.ZMQError) as caught:
        make(zmq.PULL).bind(endpoint)
    assert caught.value.errno in (code, errno.EADDRNOTAVAIL if code == errno.ENODEV else code)
    assert repr(endpoint) in str(caught.value)


def test_a_connect_to_nowhere_is_no_error(make: Make) -> None:
    sender = make(zmq.PUSH)
    sender.connect("tcp://no-such-host.invalid:1")
    sender.connect("ipc:///no/such/directory/socket")
    sender.connect("tcp://127.0.0.1:1")


def test_a_transport_that_needs_an_io_thread_says_so() -> None:
    with zmq.Context(io_threads=0) as context, context.socket(zmq.PULL) as socket:
        socket.bind("inproc://works")
        with pytest.raises(zmq.ZMQError, match="io_threads=0"):
            socket.bind("tcp://127.0.0.1:*")
        with pytest.raises(zmq.ZMQError, match="io_threads=0"):
            socket.connect("tcp://127.0.0.1:1")


def test_a_file_that_is_no_socket_is_not_deleted(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    for receiver in (make(zmq.PULL), make(zmq.PULL)):
        with pytest.raises(zmq.AddressInUse, match="precious"):
            receiver.bind(f"ipc://{path}")
    assert path.read_text() == "data"


def test_a_socket_left_behind_is_replaced(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "stale"
    with std_socket.socket(std_socket.AF_UNIX) as stale:
        stale.bind(str(path))
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    sender.connect(receiver.bind(f"ipc://{path}"))
    talk(sender, receiver)


def test_the_longest_path_works(make: Make) -> None:
    path = f"/tmp/{os.getpid()}-"
    path += "x" * (107 - len(path))
    receiver, sender = make(zmq.PULL), make(zmq.PUSH)
    try:
        sender.connect(receiver.bind(f"ipc://{path}"))
        talk(sender, receiver)
    finally:
        Path(path).unlink(missing_ok=True)


@pytest.mark.parametrize("kind", [zmq.PAIR, zmq.PUB, zmq.DEALER, zmq.PULL])
def test_the_endpoint_of_zap_is_for_those_that_answer(kind: zmq.SocketType, make: Make) -> None:
    with pytest.raises(ValueError, match="REP or ROUTER"):
        make(kind).bind("inproc://zeromq.zap.01")


@pytest.mark.parametrize("kind", [zmq.REP, zmq.ROUTER])
def test_those_may_bind_the_endpoint_of_zap(kind: zmq.SocketType, make: Make) -> None:
    assert make(kind).bind("inproc://zeromq.zap.01") == "inproc://zeromq.zap.01"


# Unbinding and disconnecting


@pytest.mark.parametrize("wanted", ["tcp://127.0.0.1:*", "inproc://unbind", "ipc"])
@pytest.mark.parametrize("by_real_name", [True, False])
def test_unbind_takes_the_name_given_or_returned(
    wanted: str, by_real_name: bool, make: Make
) -> None:
    receiver = make(zmq.PULL)
    wanted = unique_ipc() if wanted == "ipc" else wanted
    real = receiver.bind(wanted)
    receiver.unbind(real if by_real_name else wanted)
    with pytest.raises(zmq.ZMQError, match="zmq_unbind"):
        receiver.unbind(real)

    def free() -> bool:
        try:
            make(zmq.PULL).bind(real)
        except zmq.AddressInUse:
            return False
        return True

    eventually(free)


def test_of_several_endpoints_given_by_one_name_the_latest_is_unbound_first(make: Make) -> None:
    receiver = make(zmq.PULL)
    endpoints = [receiver.bind("tcp://127.0.0.1:*") for _ in range(3)]
    receiver.unbind("tcp://127.0.0.1:*")
    with pytest.raises(zmq.ZMQError):
        receiver.unbind(endpoints[2])
    receiver.unbind(endpoints[1])
    receiver.unbind("tcp://127.0.0.1:*")
    for endpoint in ("tcp://127.0.0.1:*", *endpoints):
        with pytest.raises(zmq.ZMQError):
            receiver.unbind(endpoint)


def test_unbind_says_what_was_not_bound(make: Make, endpoint: str) -> None:
    receiver = make(zmq.PULL)
    for name in ("tcp://127.0.0.1:1", endpoint, unique_ipc()):
        with pytest.raises(zmq.ZMQError, match=re.escape(f"Socket.unbind('{name}')")) as caught:
            receiver.unbind(name)
        assert caught.value.errno == errno.ENOENT


@pytest.mark.parametrize("wanted", ["tcp://127.0.0.1:*", "ipc"])
def test_unbind_ends_the_connections_made_there_and_no_other(wanted: str, make: Make) -> None:
    receiver, stays, leaves = make(zmq.PULL), make(zmq.PUSH), make(zmq.PUSH)
    stays.connect(receiver.bind("tcp://127.0.0.1:*"))
    endpoint = receiver.bind(unique_ipc() if wanted == "ipc" else wanted)
    leaves.connect(endpoint)
    for sender in (leaves, stays):
        talk(sender, receiver)
    with leaves.monitor(zmq.MonitorEvent.DISCONNECTED) as monitor:
        receiver.unbind(endpoint)
        # libzmq does it inside later calls.
        eventually(lambda: (receiver.events, monitor.socket.poll(1))[1])
    talk(stays, receiver)


def test_disconnect_ends_a_connection(make: Make, endpoint: str) -> None:
    for wanted in (endpoint, "tcp://127.0.0.1:*", unique_ipc()):
        receiver, sender = make(zmq.PULL), make(zmq.PUSH)
        real = receiver.bind(wanted)
        sender.connect(real)
        talk(sender, receiver)
        sender.disconnect(real)
        eventually(lambda socket=sender: not socket.poll(0, zmq.POLLOUT))
        with pytest.raises(zmq.Again):
            sender.send(b"", timeout=0)
        with pytest.raises(zmq.ZMQError, match=re.escape(f"Socket.disconnect('{real}')")):
            sender.disconnect(real)


def test_a_failed_bind_leaves_the_last_endpoint(make: Make) -> None:
    receiver = make(zmq.PULL)
    real = receiver.bind("tcp://127.0.0.1:*")
    with pytest.raises(zmq.ZMQError):
        receiver.bind("ipc:///no/such/directory/socket")
    assert receiver.last_endpoint == real


def test_options_are_checked_by_bind(make: Make) -> None:
    with pytest.raises((zmq.InvalidArgument, zmq.ZMQError)):
        make(zmq.PULL, affinity=2**40).bind("tcp://127.0.0.1:*")
