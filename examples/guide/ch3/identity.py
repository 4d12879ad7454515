"""See the routing ids that a ROUTER puts in front of the messages of two peers.

The first peer has no name, so the ROUTER makes one up: five bytes, of which the first is zero. The
second one chose its own before it connected. This program needs no other:

    python -m examples.guide.ch3.identity
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import dump

ENDPOINT = "inproc://example"


def main() -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as sink,
        context.socket(zmq.REQ) as nameless,
        context.socket(zmq.REQ, routing_id=b"PEER2") as named,
    ):
        sink.bind(ENDPOINT)

        nameless.connect(ENDPOINT)
        nameless.send(b"ROUTER makes up a routing id")
        dump(sink.recv_multipart())

        named.connect(ENDPOINT)
        named.send(b"ROUTER uses the routing id of the REQ")
        dump(sink.recv_multipart())


if __name__ == "__main__":
    run(main)
