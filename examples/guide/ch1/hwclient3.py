"""Hello World, a client with a name, which a server with a ROUTER sees as its routing id (REQ).

The name is set before the socket connects. No two clients may have the same at the same time: the
ROUTER ignores the second one.

    python -m examples.guide.ch1.hwserver3
    python -m examples.guide.ch1.hwclient3
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ, routing_id=b"ZMQ") as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            print("Sending Hello", number)
            socket.send(b"Hello")
            print("Received", socket.recv_string(), number)


if __name__ == "__main__":
    run(main)
