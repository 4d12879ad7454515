"""What the bundled wheel must do where nothing but its requirements is installed.

It starts no program, so it also runs where only qemu can execute the interpreter.
"""

import asyncio
import importlib.util
import os
import platform
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp

import zmqlite as zmq
from zmqlite import aio, auth, proto

COUNT = 100
WAIT = 30_000


def check_libraries() -> None:
    assert importlib.util.find_spec("zmq") is None, "pyzmq is installed"
    home = Path(zmq.__file__).parent
    maps = Path("/proc/self/maps").read_text()
    loaded = {Path(line.split()[-1]) for line in maps.splitlines() if "libzmq" in line}
    assert {path.parent for path in loaded} == {home / "_libs"}, loaded
    version = ".".join(map(str, zmq.zmq_version()))
    print("Python", platform.python_version(), "on", platform.machine(), "with libzmq", version)


def check_curve() -> None:
    with zmq.Context() as context:
        here, there = auth.Certificate.generate(), auth.Certificate.generate()
        server, client = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        auth.curve_server(server, here, allow={there.public_key})
        auth.curve_client(client, there, here)
        client.connect(server.bind("tcp://127.0.0.1:*"))
        client.send(b"hello")
        assert server.recv(timeout=WAIT) == b"hello"


def subscribe(endpoint: str) -> None:
    with zmq.Context() as context:
        feed = proto.TypedSocket(context.socket(zmq.SUB, rcvtimeo=WAIT), Timestamp)
        feed.subscribe()
        feed.connect(endpoint)
        assert [feed.recv().seconds for _ in range(COUNT)] == list(range(COUNT))


def check_typed_feed() -> None:
    """Messages of protobuf from one process to another, which is forked before it has a context."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            subscribe(os.read(reading, 100).decode())
            status = 0
        finally:
            os._exit(status)
    with zmq.Context() as context:
        socket = context.socket(zmq.XPUB, rcvtimeo=WAIT)
        os.write(writing, socket.bind("tcp://127.0.0.1:*").encode())
        socket.recv()  # a subscription
        feed = proto.TypedSocket(socket, Timestamp)
        for number in range(COUNT):
            feed.send(Timestamp(seconds=number))
        assert os.waitpid(child, 0)[1] == 0


async def check_asyncio() -> None:
    async with aio.Context() as context:
        pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
        push.connect(pull.bind("tcp://127.0.0.1:*"))
        await push.send(b"hello")
        async with asyncio.timeout(WAIT / 1000):
            assert await pull.recv() == b"hello"


check_libraries()
check_typed_feed()
check_curve()
asyncio.run(check_asyncio())
print("typed feed, CURVE and asyncio work")
