"""Subscribe to one of two addresses, and receive messages of two frames (SUB).

It runs until Ctrl-C, or until it has received as many messages as it is told.

    python -m examples.guide.ch2.psenvpub
    python -m examples.guide.ch2.psenvsub
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5563", count: int = -1) -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.connect(connect)
        socket.subscribe(b"B")
        while count:
            address, contents = socket.recv_multipart()
            print(f"[{address.decode()}] {contents.decode()}")
            count -= 1


if __name__ == "__main__":
    run(main)
