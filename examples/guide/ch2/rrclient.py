"""A client of a broker: send Hello and wait for the reply, ten times (REQ).

It knows the broker's endpoint only, and not how many workers are behind it.

    python -m examples.guide.ch2.rrbroker             (or msgqueue)
    python -m examples.guide.ch2.rrworker             (several)
    python -m examples.guide.ch2.rrclient
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5559", count: int = 10) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(connect)
        for number in range(count):
            socket.send(b"Hello")
            print(f"Received reply {number} [{socket.recv_string()}]")


if __name__ == "__main__":
    run(main)
