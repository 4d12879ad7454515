"""Freelance, model 1, the server: give every request back (REP).

There is no broker in Freelance: clients know several servers, and start as many as you like.

    python -m examples.guide.ch4.flserver1 "tcp://*:5555"
    python -m examples.guide.ch4.flserver1 "tcp://*:5556"
    python -m examples.guide.ch4.flclient1 tcp://localhost:5555 tcp://localhost:5556
"""

import zmqlite as zmq

from ...program import run


def serve(socket: zmq.Socket) -> None:
    """Give back what comes in."""
    while True:
        socket.send_multipart(socket.recv_multipart())


def main(endpoint: str) -> None:
    """Serve at an endpoint."""
    with zmq.Context() as context, context.socket(zmq.REP, linger=0) as socket:
        print("bound", socket.bind(endpoint))
        serve(socket)


if __name__ == "__main__":
    run(main)
