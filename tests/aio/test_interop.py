"""Awaited sockets and all others: blocking ones, those of zmqlite.capi, and pyzmq's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import zmqlite as zmq
from zmqlite import aio, capi

COUNT = 200
KINDS = {"echo": zmq.REP, "ask": zmq.REQ, "push": zmq.PUSH, "pull": zmq.PULL}
PEER = Path(__file__).with_name("peer_pyzmq.py")


def numbered(number: int) -> list[bytes]:
    """The frames of a message; see the peer."""
    return [b"%d" % number, b"", bytes(number)]


async def pyzmq(role: str, endpoint: str) -> None:
    """Play a role with pyzmq in a process of its own; every message has to be right."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PEER, role, endpoint, str(COUNT)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    assert output.decode() == f"{0 if role.endswith('push') else COUNT}\n"
    assert "zmq" not in sys.modules


def blocking(role: str, endpoint: str) -> None:
    """Play a role with a blocking socket."""
    with zmq.Context() as context, context.socket(KINDS[role], rcvtimeo=5000) as socket:
        socket.connect(endpoint)
        for number in range(COUNT):
            if role in ("ask", "push"):
                socket.send_multipart(numbered(number))
            if role != "push":
                assert socket.recv_multipart() == numbered(number)
            if role == "echo":
                socket.send_multipart(numbered(number))


def in_c(role: str, endpoint: str) -> None:
    """Play a role with zmqlite.capi."""
    context = capi.zmq_ctx_new()
    socket = capi.zmq_socket(context, KINDS[role])
    assert capi.zmq_connect(socket, endpoint) == 0

    def send(number: int) -> None:
        *first, last = numbered(number)
        for frame in first:
            assert capi.zmq_send(socket, frame, len(frame), capi.ZMQ_SNDMORE) == len(frame)
        assert capi.zmq_send(socket, last, len(last), 0) == len(last)

    def receive(number: int) -> None:
        for frame in numbered(number):
            buffer = bytearray(COUNT)
            size = capi.zmq_recv(socket, buffer, len(buffer), 0)
            assert bytes(buffer[:size]) == frame

    for number in range(COUNT):
        if role in ("ask", "push"):
            send(number)
        if role != "push":
            receive(number)
        if role == "echo":
            send(number)
    assert capi.zmq_close(socket) == 0
    assert capi.zmq_ctx_term(context) == 0


Peer: TypeAlias = Callable[[str, str], Awaitable[None]]


def in_thread(play: Callable[[str, str], None]) -> Peer:
    return lambda role, endpoint: asyncio.to_thread(play, role, endpoint)


def with_asyncio(role: str, endpoint: str) -> Awaitable[None]:
    return pyzmq(f"aio-{role}", endpoint)


PEERS: dict[str, Peer] = {
    "blocking": in_thread(blocking),
    "capi": in_thread(in_c),
    "pyzmq": pyzmq,
    "pyzmq.asyncio": with_asyncio,
}


async def echo(socket: aio.Socket) -> None:
    for _ in range(COUNT):
        await socket.send_multipart(await socket.recv_multipart())


async def ask(socket: aio.Socket) -> None:
    for number in range(COUNT):
        await socket.send_multipart(numbered(number))
        assert await socket.recv_multipart() == numbered(number)


async def push(socket: aio.Socket) -> None:
    for number in range(COUNT):
        await socket.send_multipart(numbered(number))


async def pull(socket: aio.Socket) -> None:
    for number in range(COUNT):
        assert await socket.recv_multipart() == numbered(number)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [
        (zmq.REP, echo, "ask"),
        (zmq.REQ, ask, "echo"),
        (zmq.PUSH, push, "pull"),
        (zmq.PULL, pull, "push"),
    ],
)
def test_both_sides_understand_each_other(
    peer: str,
    kind: zmq.SocketType,
    ours: Callable[[aio.Socket], Coroutine[Any, Any, None]],
    theirs: str,
) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(50),
            aio.Context() as context,
            context.socket(kind) as socket,
            asyncio.TaskGroup() as tasks,
        ):
            there = PEERS[peer](theirs, socket.bind("tcp://127.0.0.1:*"))
            here = tasks.create_task(ours(socket))
            await there
            await here

    asyncio.run(main())
