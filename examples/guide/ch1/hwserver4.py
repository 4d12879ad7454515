"""Hello World, a server that sends the envelope back whole, however long it is (ROUTER).

The envelope is all up to the empty frame: the id of the client and, if the request came through
brokers, one for each of them. Who answers does not have to understand it. A message without the
empty frame is discarded.

    python -m examples.guide.ch1.hwserver4
    python -m examples.guide.ch1.hwclient4
"""

import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(bind)
        while True:
            *envelope, request = socket.recv_multipart()
            *ids, delimiter = envelope
            if delimiter:
                print("no empty frame before the last one: discarded")
                continue
            print(*(f"id: {shown(routing_id)}" for routing_id in ids), sep="\n")
            print("empty frame")
            print("request:", shown(request))
            time.sleep(delay / 1000)  # the work
            socket.send_multipart([*envelope, b"World"])


if __name__ == "__main__":
    run(main)
