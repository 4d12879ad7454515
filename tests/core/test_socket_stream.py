"""STREAM: zmqlite at one end of a connection, anything that speaks TCP at the other."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from support import LONG, Make, Task, eventually, unreachable

import zmqlite as zmq


def port_of(endpoint: str) -> int:
    return int(endpoint.rpartition(":")[2])


@pytest.fixture
def stream(make: Make) -> zmq.Socket:
    """A STREAM socket bound over tcp."""
    stream = make(zmq.STREAM)
    stream.bind("tcp://127.0.0.1:*")
    return stream


@pytest.fixture
def peer(stream: zmq.Socket) -> Iterator[socket.socket]:
    """Python's end of a connection to it."""
    with socket.create_connection(("127.0.0.1", port_of(stream.last_endpoint)), 10) as peer:
        yield peer


def read(peer: socket.socket, size: int) -> bytes:
    """Read so many bytes, fewer only where the connection ends before."""
    data = b""
    while len(data) < size and (piece := peer.recv(size - len(data))):
        data += piece
    return data


def gather(stream: zmq.Socket, name: bytes, size: int) -> bytes:
    """Receive so many bytes, in whatever pieces they come."""
    gathered = b""
    while len(gathered) < size:
        sender, data = stream.recv_multipart(timeout=5000)
        assert sender == name
        gathered += data
    return gathered


def test_connecting_and_leaving_are_announced_by_an_empty_frame(
    stream: zmq.Socket, peer: socket.socket
) -> None:
    name, empty = stream.recv_multipart(timeout=5000)
    assert empty == b""
    assert len(name) == 5
    assert name.startswith(b"\0")
    peer.close()
    assert stream.recv_multipart(timeout=5000) == [name, b""]


@pytest.mark.parametrize("size", [1, 100, LONG, 1_000_000])
def test_bytes_go_both_ways(size: int, stream: zmq.Socket, peer: socket.socket) -> None:
    name, _ = stream.recv_multipart(timeout=5000)
    data = bytes(range(256)) * (size // 256 + 1)
    stream.send_multipart([name, data[:size]])
    assert read(peer, size) == data[:size]
    peer.sendall(data[:size])
    assert gather(stream, name, size) == data[:size]


def test_every_message_has_a_name_and_bytes(stream: zmq.Socket, peer: socket.socket) -> None:
    name, _ = stream.recv_multipart(timeout=5000)
    peer.sendall(b"hello")
    assert stream.recv(timeout=5000) == name
    assert stream.rcvmore
    message = stream.recv_message()
    assert bytes(message) == b"hello"
    assert message.metadata("Peer-Address") == "127.0.0.1"
    assert not stream.rcvmore


def test_an_empty_frame_ends_a_connection(stream: zmq.Socket, peer: socket.socket) -> None:
    name, _ = stream.recv_multipart(timeout=5000)
    stream.send_multipart([name, b"last words"])
    stream.send_multipart([name, b""])
    task = Task(read, peer, 100)
    # libzmq does it when the socket is polled, received from or closed.
    eventually(lambda: (stream.poll(0), task.future.done())[1])
    assert task.result() == b"last words"


def test_nothing_is_sent_to_one_who_is_not_there(stream: zmq.Socket, peer: socket.socket) -> None:
    with pytest.raises(zmq.HostUnreachable):
        stream.send_multipart([b"nobody", b"data"])
    name, _ = stream.recv_multipart(timeout=5000)
    peer.close()
    assert stream.recv_multipart(timeout=5000) == [name, b""]
    eventually(unreachable, stream, name)


def test_several_peers_are_kept_apart(stream: zmq.Socket) -> None:
    address = ("127.0.0.1", port_of(stream.last_endpoint))
    with socket.create_connection(address, 10) as one, socket.create_connection(address, 10) as two:
        first, second = (stream.recv_multipart(timeout=5000)[0] for _ in range(2))
        assert first != second
        one.sendall(b"from one")
        name, data = stream.recv_multipart(timeout=5000)
        other = second if name == first else first
        assert data == b"from one"
        stream.send_multipart([other, b"for two"])
        assert read(two, 7) == b"for two"
        stream.send_multipart([name, b"for one"])
        assert read(one, 7) == b"for one"


def test_notifications_can_be_switched_off(make: Make) -> None:
    stream = make(zmq.STREAM, stream_notify=False)
    endpoint = stream.bind("tcp://127.0.0.1:*")
    with socket.create_connection(("127.0.0.1", port_of(endpoint)), 10) as peer:
        peer.sendall(b"first")
        name, data = stream.recv_multipart(timeout=5000)
        assert data == b"first"
    eventually(unreachable, stream, name)


def test_a_stream_connects_to_any_server_under_a_name_of_its_own(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        stream = make(zmq.STREAM)
        stream.connect_routing_id = b"server"
        stream.connect(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        peer, _ = server.accept()
        with peer:
            assert stream.recv_multipart(timeout=5000) == [b"server", b""]
            stream.send_multipart([b"server", b"GET / HTTP/1.0\r\n\r\n"])
            assert read(peer, 18) == b"GET / HTTP/1.0\r\n\r\n"
            peer.sendall(b"HTTP/1.0 200 OK\r\n")
            assert gather(stream, b"server", 17) == b"HTTP/1.0 200 OK\r\n"
        assert stream.recv_multipart(timeout=5000) == [b"server", b""]


@pytest.mark.parametrize("method", ["bind", "connect"])
def test_a_stream_has_no_use_for_inproc(method: str, make: Make, endpoint: str) -> None:
    with pytest.raises(zmq.ZMQError, match="this transport does not work with this socket type"):
        getattr(make(zmq.STREAM), method)(endpoint)


def test_a_stream_learns_the_name_that_libzmq_gave_its_peer(make: Make, stream: zmq.Socket) -> None:
    client = make(zmq.STREAM)
    client.connect(stream.last_endpoint)
    name = client.routing_id
    assert len(name) == 5
    assert client.recv_multipart(timeout=5000) == [name, b""]
    there, _ = stream.recv_multipart(timeout=5000)
    client.send_multipart([name, b"hello"])
    assert stream.recv_multipart(timeout=5000) == [there, b"hello"]
