"""Awaited sockets and all others: blocking ones, those of zmqlite.capi, and pyzmq's."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from checkout import TESTS
from roles import ROLES, Frames, play, play_awaited

import zmqlite as zmq
from zmqlite import aio, capi

COUNT = 200
PEER = Path(__file__).parent / "programs" / "peer_pyzmq.py"

Peer: TypeAlias = Callable[[str, str], Awaitable[int]]
"""Play a role with other sockets; how many messages were right."""


async def pyzmq(role: str, endpoint: str) -> int:
    """In a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, PEER, role, endpoint, str(COUNT)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, **TESTS},
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
    assert "zmq" not in sys.modules
    return int(output)


def pyzmq_asyncio(role: str, endpoint: str) -> Awaitable[int]:
    return pyzmq(f"aio-{role}", endpoint)


def kind_of(role: str) -> zmq.SocketType:
    return zmq.SocketType[ROLES[role]]


def blocking(role: str, endpoint: str) -> int:
    with zmq.Context() as context, context.socket(kind_of(role), rcvtimeo=20_000) as socket:
        socket.connect(endpoint)
        return play(role, COUNT, socket.send_multipart, socket.recv_multipart)


def in_c(role: str, endpoint: str) -> int:
    context = capi.zmq_ctx_new()
    socket = capi.zmq_socket(context, kind_of(role))
    assert capi.zmq_connect(socket, endpoint) == 0

    def send(frames: Frames) -> None:
        for number, frame in enumerate(frames, 1):
            flags = capi.ZMQ_SNDMORE if number < len(frames) else 0
            assert capi.zmq_send(socket, frame, len(frame), flags) == len(frame)

    def recv() -> Frames:
        buffer, frames = bytearray(COUNT), []
        for _ in range(3):
            size = capi.zmq_recv(socket, buffer, len(buffer), 0)
            frames.append(bytes(buffer[:size]))
        return frames

    right = play(role, COUNT, send, recv)
    assert capi.zmq_close(socket) == 0
    assert capi.zmq_ctx_term(context) == 0
    return right


def in_thread(play: Callable[[str, str], int]) -> Peer:
    return lambda role, endpoint: asyncio.to_thread(play, role, endpoint)


PEERS: list[Peer] = [in_thread(blocking), in_thread(in_c), pyzmq, pyzmq_asyncio]


@pytest.mark.slow
@pytest.mark.parametrize("peer", PEERS, ids=["blocking", "capi", "pyzmq", "pyzmq.asyncio"])
@pytest.mark.parametrize(
    ("ours", "theirs"), [("echo", "ask"), ("ask", "echo"), ("push", "pull"), ("pull", "push")]
)
def test_both_sides_understand_each_other(peer: Peer, ours: str, theirs: str) -> None:
    async def main() -> None:
        async with (
            asyncio.timeout(50),
            aio.Context() as context,
            context.socket(kind_of(ours)) as socket,
            asyncio.TaskGroup() as tasks,
        ):
            there = peer(theirs, socket.bind("tcp://127.0.0.1:*"))
            calls = socket.send_multipart, socket.recv_multipart
            here = tasks.create_task(play_awaited(ours, COUNT, *calls))
            assert await there == (0 if theirs == "push" else COUNT)
            assert await here == (0 if ours == "push" else COUNT)

    asyncio.run(main())
