"""Transfer a file without flow control: the client asks once, and the server sends it all.

The file goes as chunks of 250000 bytes, each a message, and ends with an empty one. The server has
to keep what the client has not taken yet. A ROUTER drops what is more than its high-water mark
allows, so this one has none, and the whole file may end up in memory; fileio2 and fileio3 do
better. mktestdata makes the file. This program needs no other:

    python -m examples.guide.ch7.fileio1
"""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import zmqlite as zmq

from ...program import run
from .files import CHUNK, summary


def serve(server: zmq.Socket, path: str) -> None:
    """Send the whole file to each client that asks, until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), server:
        while True:
            client, *command = server.recv_multipart()
            if command == [b"fetch"]:
                with open(path, "rb") as file:
                    while chunk := file.read(CHUNK):
                        server.send_multipart([client, chunk])
                server.send_multipart([client, b""])


def fetch(client: zmq.Socket) -> Iterator[bytes]:
    """Yield the chunks of the file, and the empty one that ends it."""
    client.send(b"fetch")
    while chunk := client.recv():
        yield chunk
    yield chunk


def main(
    bind: str = "tcp://*:6000",
    connect: str = "tcp://127.0.0.1:6000",
    path: str = "testdata",
) -> None:
    print(f"{path} has {Path(path).stat().st_size} bytes")
    with zmq.Context() as context, context.socket(zmq.DEALER) as client:
        server = context.socket(zmq.ROUTER, sndhwm=0)
        server.bind(bind)
        threading.Thread(target=serve, args=(server, path)).start()
        client.connect(connect)
        print(summary(fetch(client)))


if __name__ == "__main__":
    run(main)
