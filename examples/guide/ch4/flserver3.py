"""Freelance, model 3, the server: answer under the name that clients connect to (ROUTER).

Client and server both have a ROUTER socket, so the client must know the server's routing id before
it gets anything from it: the id is the endpoint that clients connect to. A client is known by the
id that this socket makes up for it. Protocol: FLP, ZeroMQ RFC 10.

    python -m examples.guide.ch4.flserver3
    python -m examples.guide.ch4.flserver3 --bind "tcp://*:5556" --endpoint tcp://localhost:5556
    python -m examples.guide.ch4.flclient3
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import dump


def serve(socket: zmq.Socket, verbose: bool = False) -> None:
    """Answer a ping with a pong, and all else with OK, after the control frame that came."""
    while True:
        message = socket.recv_multipart()
        match message:
            case [client, b"PING", *_]:
                reply = [client, b"PONG"]
            case [client, control, *_]:
                reply = [client, control, b"OK"]
            case _:
                print("malformed request:", message)
                continue
        if verbose:
            dump(message)
            dump(reply)
        socket.send_multipart(reply)


def main(
    bind: str = "tcp://*:5555", endpoint: str = "tcp://localhost:5555", verbose: bool = False
) -> None:
    """Serve clients that connect to `endpoint`, spelt like that; `verbose` shows the messages."""
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER, linger=0, routing_id=endpoint.encode()) as socket,
    ):
        print("bound", socket.bind(bind))
        serve(socket, verbose)


if __name__ == "__main__":
    run(main)
