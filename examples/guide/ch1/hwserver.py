"""Hello World, the server: answer each Hello with World (REP).

A REP socket takes one request after the other, of as many clients as there are, and sends each
reply to the client that asked.

    python -m examples.guide.ch1.hwserver
    python -m examples.guide.ch1.hwclient
"""

import time

import zmqlite as zmq

from ...program import run


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        for request in socket:
            print("Received", request.decode())
            time.sleep(delay / 1000)  # the work
            socket.send(b"World")


if __name__ == "__main__":
    run(main)
