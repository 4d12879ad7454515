"""Transfer a file with credit-based flow control: ten chunks are under way at any time.

Requests and server are those of fileio2, but the client asks for ten chunks at once, its credit,
and for one more whenever one comes. So nobody waits for round trips, and the server never has to
keep more for a client than its credit. The chunks come in the order in which they were asked for.

As in fileio2 the high-water mark is the default, far above the credit: a ROUTER drops what is more.

mktestdata makes the file. This program needs no other:

    python -m examples.guide.ch7.fileio3
"""

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import zmqlite as zmq

from ...program import run
from .fileio2 import serve
from .files import CHUNK, summary


def fetch(client: zmq.Socket, credit: int) -> Iterator[bytes]:
    """Yield the chunks of the file, of which the last one is short, maybe empty."""
    requests = ([b"fetch", b"%d" % offset, b"%d" % CHUNK] for offset in itertools.count(0, CHUNK))
    for request in itertools.islice(requests, credit):
        client.send_multipart(request)
    while len(chunk := client.recv()) == CHUNK:
        yield chunk
        client.send_multipart(next(requests))
    yield chunk


def main(
    bind: str = "tcp://*:6000",
    connect: str = "tcp://127.0.0.1:6000",
    path: str = "testdata",
    credit: int = 10,
) -> None:
    print(f"{path} has {Path(path).stat().st_size} bytes")
    with zmq.Context() as context, context.socket(zmq.DEALER) as client:
        server = context.socket(zmq.ROUTER)
        server.bind(bind)
        threading.Thread(target=serve, args=(server, path)).start()
        client.connect(connect)
        print(summary(fetch(client, credit)))


if __name__ == "__main__":
    run(main)
