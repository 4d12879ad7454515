"""Ask a responder, and wait for each reply before the next request (REQ/REP).

A server that does not answer ends this program with zmq.Timeout, not with silence.

    python -m examples.article.responder
    python -m examples.article.requester --name ada
"""

import time

import zmqlite as zmq

from ..program import run


def main(
    connect: str = "tcp://127.0.0.1:5555",
    name: str = "somebody",
    count: int = 5,
    interval: int = 200,
    timeout: int = 5000,
) -> None:
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            request = f"hello {number} from {name}"
            socket.send_string(request)
            reply = socket.recv_string(timeout=timeout)
            print(f"{request} -> {reply}")
            time.sleep(interval / 1000)


if __name__ == "__main__":
    run(main)
