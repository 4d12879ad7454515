"""Freelance, model 2, the server: say OK to numbered requests (REP).

A request is two frames, a number and a body; the reply has the same number. Whatever else comes is
told that it is malformed, since a REP socket has to answer before it can receive again. No client
takes that for a reply, for want of a number.

    python -m examples.guide.ch4.flserver2 "tcp://*:5555"
    python -m examples.guide.ch4.flserver2 "tcp://*:5556"
    python -m examples.guide.ch4.flclient2 tcp://localhost:5555 tcp://localhost:5556
"""

import zmqlite as zmq

from ...program import run


def serve(socket: zmq.Socket) -> None:
    """Say OK to each request."""
    while True:
        match socket.recv_multipart():
            case [number, _]:
                socket.send_multipart([number, b"OK"])
            case message:
                print("malformed request:", message)
                socket.send(b"MALFORMED")


def main(endpoint: str) -> None:
    """Serve at an endpoint."""
    with zmq.Context() as context, context.socket(zmq.REP, linger=0) as socket:
        print("bound", socket.bind(endpoint))
        serve(socket)


if __name__ == "__main__":
    run(main)
