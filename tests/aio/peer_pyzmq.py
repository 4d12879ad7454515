"""A program without zmqlite: the other side of the tests, with pyzmq, blocking or with asyncio.

python peer_pyzmq.py ROLE ENDPOINT COUNT

echo     REP, answers COUNT requests
ask      REQ, sends COUNT requests and prints how many replies were right
push     PUSH, sends COUNT messages of three frames
pull     PULL, prints how many of COUNT messages were what `push` sends
aio-...  the same with zmq.asyncio
"""

import asyncio
import sys

import zmq
import zmq.asyncio

KINDS = {"echo": zmq.REP, "ask": zmq.REQ, "push": zmq.PUSH, "pull": zmq.PULL}


def numbered(number: int) -> list[bytes]:
    """The frames of a message."""
    return [b"%d" % number, b"", bytes(number)]


def blocking(role: str, endpoint: str, count: int) -> int:
    """Play a role; how many messages were right."""
    right = 0
    with zmq.Context() as context, context.socket(KINDS[role]) as socket:
        socket.setsockopt(zmq.RCVTIMEO, 20_000)
        socket.connect(endpoint)
        for number in range(count):
            if role in ("ask", "push"):
                socket.send_multipart(numbered(number))
            if role != "push":
                frames = socket.recv_multipart()
                right += frames == numbered(number)
            if role == "echo":
                socket.send_multipart(frames)
    return right


async def awaiting(role: str, endpoint: str, count: int) -> int:
    """Play a role with asyncio; how many messages were right."""
    right = 0
    with zmq.asyncio.Context() as context, context.socket(KINDS[role]) as socket:
        socket.connect(endpoint)
        for number in range(count):
            if role in ("ask", "push"):
                await socket.send_multipart(numbered(number))
            if role != "push":
                frames = await socket.recv_multipart()
                right += frames == numbered(number)
            if role == "echo":
                await socket.send_multipart(frames)
    return right


role, endpoint, count = sys.argv[1:]
if role.startswith("aio-"):
    right = asyncio.run(awaiting(role.removeprefix("aio-"), endpoint, int(count)))
else:
    right = blocking(role, endpoint, int(count))
print(right)
assert "zmqlite" not in sys.modules
