"""Publish messages of two frames: an address, and what is for it (PUB).

Subscriptions are compared with the first frame only. So the contents may be anything, and an
address that is a frame of its own can be told from a longer one that begins with it.

    python -m examples.guide.ch2.psenvpub
    python -m examples.guide.ch2.psenvsub
"""

import time

import zmqlite as zmq

from ...program import run


def main(bind: str = "tcp://*:5563", interval: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.bind(bind)
        while True:
            socket.send_multipart([b"A", b"Nobody here asked for this"])
            socket.send_multipart([b"B", b"This is what B is for"])
            time.sleep(interval / 1000)


if __name__ == "__main__":
    run(main)
