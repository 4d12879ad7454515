"""UDP discovery: the programs with a UDP socket on the other side."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator

import psutil
import pytest
from ports import WAIT, Programs
from support import DEADLINE, eventually

from examples.guide.ch8.interface import Interface
from examples.guide.ch8.udplib import TEMPORARY, Udp, broadcast_address
from zmqlite import Context, Timeout

EVERYBODY = "127.255.255.255"
NETWORK = {"udpping1": {"broadcast": EVERYBODY}, "udpping2": {"interface": "lo"}}


class Peer:
    """A node of the test's own: a UDP socket, and what it says and hears."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("", port))
        self.socket.settimeout(DEADLINE)
        self.port: int = self.socket.getsockname()[1]

    def say(self, data: bytes) -> None:
        self.socket.sendto(data, (EVERYBODY, self.port))

    def hear(self) -> bytes:
        """The next datagram that another one sent, or we did."""
        return self.socket.recv(65535)


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.socket.close()


# The ping


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORK)
def test_a_ping_is_one_byte(programs: Programs, peer: Peer, name: str) -> None:
    program = programs.start(f"ch8.{name}", port=peer.port, interval=20, **NETWORK[name])
    assert [peer.hear() for _ in range(3)] == [b"!"] * 3
    program.end()


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORK)
def test_a_ping_is_told_with_who_sent_it(programs: Programs, peer: Peer, name: str) -> None:
    program = programs.start(f"ch8.{name}", port=peer.port, interval=3_600_000, **NETWORK[name])
    own = f"found peer 127.0.0.1:{peer.port}"
    assert program.until(own) == [f"bound port {peer.port}", "pinging peers", own]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.sendto(b"!", ("127.0.0.1", peer.port))  # reaches the one that bound last
        assert program.line() == f"found peer 127.0.0.1:{other.getsockname()[1]}"
    assert program.end(signal.SIGTERM) == []


# Presence


def test_a_node_pings_with_its_uuid(context: Context, peer: Peer) -> None:
    with Interface(context, peer.port, "lo", interval=10):
        uuids = {peer.hear() for _ in range(3)}
    assert [len(each) for each in uuids] == [16]


def test_a_peer_joins_once_and_leaves_when_it_is_silent(context: Context, peer: Peer) -> None:
    name = uuid.UUID(int=0xABCDEF).bytes
    with Interface(context, peer.port, "lo", interval=10, expiry=300) as node:
        for _ in range(2):
            for _ in range(3):
                peer.say(name)
            text = b"00000000000000000000000000ABCDEF"
            assert node.recv(timeout=WAIT) == [b"JOINED", text]
            assert node.recv(timeout=WAIT) == [b"LEFT", text]


def test_what_is_no_uuid_is_passed_over(context: Context, peer: Peer) -> None:
    with Interface(context, peer.port, "lo", interval=10, expiry=60_000) as node:
        for data in (b"", b"!", bytes(15), bytes(17), bytes(22), bytes(60_000)):
            peer.say(data)
        peer.say(b"0123456789abcdef")
        assert node.recv(timeout=WAIT) == [b"JOINED", b"30313233343536373839616263646566"]
        with pytest.raises(Timeout):
            node.recv(timeout=20)


def test_a_node_never_sees_itself(context: Context, peer: Peer) -> None:
    with Interface(context, peer.port, "lo", interval=10) as node:
        for _ in range(3):
            peer.hear()
        with pytest.raises(Timeout):
            node.recv(timeout=20)


def test_a_node_that_is_closed_is_silent_and_gone(context: Context, peer: Peer) -> None:
    with Interface(context, peer.port, "lo", interval=10) as node:
        peer.hear()
    node.close()
    peer.say(b"end")
    while peer.hear() != b"end":  # but what it had sent before
        pass
    peer.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        peer.hear()


def test_a_node_ends_with_its_context(peer: Peer) -> None:
    context = Context()
    node = Interface(context, peer.port, "lo", interval=10)
    context.term()
    node.close()
    assert node._actor._thread not in threading.enumerate()


# The socket


def test_a_socket_hears_itself() -> None:
    with Udp(0, "lo") as udp:
        assert udp.recv() is None
        udp.send(b"hello")
        assert eventually(udp.recv) == (b"hello", f"127.0.0.1:{udp.port}")


def test_a_port_that_somebody_keeps_for_himself_is_an_error() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        with pytest.raises(OSError, match="Address already in use"):
            Udp(other.getsockname()[1])


class Away:
    """A socket of a network that is away."""

    def __init__(self, number: int) -> None:
        self.error = OSError(number, os.strerror(number))

    def sendto(self, data: bytes, address: tuple[str, int]) -> int:
        raise self.error

    def recvfrom(self, size: int) -> tuple[bytes, tuple[str, int]]:
        raise self.error


@pytest.mark.parametrize("number", TEMPORARY, ids=errno.errorcode.__getitem__)
def test_a_network_that_is_away_for_a_while_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with Udp(0, "lo") as udp, monkeypatch.context() as patch:
        patch.setattr(udp, "_socket", Away(number))
        udp.send(b"!")
        assert udp.recv() is None


def test_other_errors_are_raised() -> None:
    udp = Udp(0, "lo")
    with udp, pytest.raises(OSError, match="Message too long"):
        udp.send(bytes(70_000))
    with pytest.raises(OSError, match="Bad file descriptor"):
        udp.recv()


def test_the_broadcast_address_of_an_interface() -> None:
    assert broadcast_address("lo") == EVERYBODY
    assert broadcast_address("") == "255.255.255.255"
    for name, addresses in psutil.net_if_addrs().items():
        for address in addresses:
            if address.family == socket.AF_INET and address.broadcast:
                assert broadcast_address(name) == address.broadcast
                break


@pytest.mark.parametrize("name", ["nosuch0", "127.0.0.1"])
def test_an_interface_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"no interface '{name}'"):
        Udp(0, name)
