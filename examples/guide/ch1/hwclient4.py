"""Hello World, a client with a name that also writes the empty frame itself (DEALER).

The name, which is its routing id, and the empty frame are the two parts of an envelope. The client
sends only the second one: the server's ROUTER puts the first in front of it.

    python -m examples.guide.ch1.hwserver4
    python -m examples.guide.ch1.hwclient4
"""

import zmqlite as zmq

from ...program import run
from .hwclient2 import reply


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER, routing_id=b"ZMQ") as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            print("Sending Hello", number)
            socket.send_multipart([b"", b"Hello"])
            print("Received", reply(socket).decode(), number)


if __name__ == "__main__":
    run(main)
