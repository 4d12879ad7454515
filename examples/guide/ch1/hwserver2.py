"""Hello World, a server that answers first and works afterwards (REP).

The client has its reply at once; only the next request waits for the work.

    python -m examples.guide.ch1.hwserver2
    python -m examples.guide.ch1.hwclient2
"""

import time

import zmqlite as zmq

from ...program import run


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        for request in socket:
            print("Received", request.decode())
            socket.send(b"World")
            time.sleep(delay / 1000)  # the work


if __name__ == "__main__":
    run(main)
