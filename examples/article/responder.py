"""Answer requests, one at a time, until interrupted (REQ/REP).

A REP socket receives and sends in strict alternation. It takes requests of all clients in fair
turn, and each reply finds its way back by itself. The transport is a matter of the endpoint alone.

    python -m examples.article.responder --bind ipc://upper.ipc
    python -m examples.article.requester --connect ipc://upper.ipc
"""

import argparse
import contextlib

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Answer texts with the same in upper case.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    served = 0
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        print("bound", socket.bind(options.bind), flush=True)
        for request in socket:
            socket.send(request.upper())
            served += 1
    print(f"served {served} requests", flush=True)


if __name__ == "__main__":
    main()
