"""Hello World, the client: send Hello and wait for World, ten times (REQ).

A REQ socket sends and receives in strict turn.

    python -m examples.guide.ch1.hwserver
    python -m examples.guide.ch1.hwclient
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(connect)
        for number in range(count):
            print("Sending Hello", number)
            socket.send(b"Hello")
            print("Received", socket.recv_string(), number)


if __name__ == "__main__":
    run(main)
