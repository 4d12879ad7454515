"""Transfer a file step by step: the client asks for each chunk when it has the one before.

A request is [fetch] [offset] [size], the numbers as decimal text, and its reply one chunk; one that
is shorter than asked for is the last. So the client decides how fast it goes, and a slow one keeps
nobody else waiting. The price is a round trip for each chunk, which fileio3 gets rid of.

The Guide's program also sets both high-water marks to 1, and stalls: a ROUTER at its mark drops.
The default is never reached, since no more than one chunk is under way.

mktestdata makes the file. This program needs no other:

    python -m examples.guide.ch7.fileio2
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import zmqlite as zmq

from ...program import run
from .files import CHUNK, summary


def serve(server: zmq.Socket, path: str) -> None:
    """Send each client the chunks that it asks for, until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), server, open(path, "rb") as file:
        total = file.seek(0, os.SEEK_END)
        while True:
            match server.recv_multipart():
                case [client, b"fetch", offset, size] if is_number(offset) and is_number(size):
                    start = file.seek(min(int(offset), total))
                    chunk = file.read(min(int(size), total - start))
                    server.send_multipart([client, chunk])


def is_number(frame: bytes) -> bool:
    """Say whether a frame is decimal text, of a reasonable length."""
    return frame.isdigit() and len(frame) < 19


def fetch(client: zmq.Socket) -> Iterator[bytes]:
    """Yield the chunks of the file, of which the last one is short, maybe empty."""
    offset = 0
    while True:
        client.send_multipart([b"fetch", b"%d" % offset, b"%d" % CHUNK])
        chunk = client.recv()
        yield chunk
        if len(chunk) < CHUNK:
            return
        offset += CHUNK


def main(
    bind: str = "tcp://*:6000",
    connect: str = "tcp://127.0.0.1:6000",
    path: str = "testdata",
) -> None:
    print(f"{path} has {Path(path).stat().st_size} bytes")
    with zmq.Context() as context, context.socket(zmq.DEALER) as client:
        server = context.socket(zmq.ROUTER)
        server.bind(bind)
        threading.Thread(target=serve, args=(server, path)).start()
        client.connect(connect)
        print(summary(fetch(client)))


if __name__ == "__main__":
    run(main)
