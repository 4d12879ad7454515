"""Answer requests, one at a time, until interrupted (REQ/REP).

A REP socket receives and sends in strict alternation. It takes requests of all clients in fair
turn, and each reply finds its way back by itself. The transport is a matter of the endpoint alone.

    python -m examples.article.responder --bind ipc://upper.ipc
    python -m examples.article.requester --connect ipc://upper.ipc
"""

import contextlib

import zmqlite as zmq

from ..program import run


def main(bind: str = "tcp://127.0.0.1:5555") -> None:
    served = 0
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        print("bound", socket.bind(bind))
        for request in socket:
            socket.send(request.upper())
            served += 1
    print(f"served {served} requests")


if __name__ == "__main__":
    run(main)
