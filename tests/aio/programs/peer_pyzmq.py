"""A program without zmqlite: the other side of the tests, with pyzmq, blocking or with asyncio.

python peer_pyzmq.py ROLE ENDPOINT COUNT     a role of roles.py; aio-ROLE is the same with asyncio

It prints how many of the messages that it received were right.
"""

import asyncio
import sys

import zmq
import zmq.asyncio
from roles import ROLES, play, play_awaited


def blocking(role: str, endpoint: str, count: int) -> int:
    with zmq.Context() as context, context.socket(getattr(zmq, ROLES[role])) as socket:
        socket.setsockopt(zmq.RCVTIMEO, 20_000)
        socket.connect(endpoint)
        return play(role, count, socket.send_multipart, socket.recv_multipart)


async def awaiting(role: str, endpoint: str, count: int) -> int:
    with zmq.asyncio.Context() as context, context.socket(getattr(zmq, ROLES[role])) as socket:
        socket.connect(endpoint)
        return await play_awaited(role, count, socket.send_multipart, socket.recv_multipart)


role, endpoint, count = sys.argv[1:]
if role.startswith("aio-"):
    print(asyncio.run(awaiting(role.removeprefix("aio-"), endpoint, int(count))))
else:
    print(blocking(role, endpoint, int(count)))
assert "zmqlite" not in sys.modules
