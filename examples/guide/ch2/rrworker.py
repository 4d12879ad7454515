"""A worker behind a broker: answer requests (REP).

It is a server like any other, except that it connects: workers come and go, the broker stays.

    python -m examples.guide.ch2.rrbroker             (or msgqueue)
    python -m examples.guide.ch2.rrworker             (several)
    python -m examples.guide.ch2.rrclient
"""

import time

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5560", delay: int = 1000) -> None:
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.connect(connect)
        for request in socket:
            print(f"Received request: [{request.decode()}]")
            time.sleep(delay / 1000)  # the work
            socket.send(b"World")


if __name__ == "__main__":
    run(main)
