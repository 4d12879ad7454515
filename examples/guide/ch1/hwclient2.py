"""Hello World, a client that does by itself what REQ does: the empty frame (DEALER).

A request and its reply are what comes after an empty frame; anything else that arrives is
discarded. Nothing holds this client to one request at a time, but it keeps to that.

    python -m examples.guide.ch1.hwserver2
    python -m examples.guide.ch1.hwclient2
"""

import zmqlite as zmq

from ...program import run


def reply(socket: zmq.Socket) -> bytes:
    """Receive a reply; discard what is none."""
    while True:
        delimiter, *body = socket.recv_multipart()
        if not delimiter and body:
            return body[0]
        print(f"no empty frame but one of {len(delimiter)} bytes: discarded")


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> None:
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            print("Sending Hello", number)
            socket.send_multipart([b"", b"Hello"])
            print("Received", reply(socket).decode(), number)


if __name__ == "__main__":
    run(main)
