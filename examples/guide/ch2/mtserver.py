"""Hello World, a server of five threads behind a proxy to inproc (ROUTER, DEALER and REP).

The threads share the context and nothing else: each has a socket of its own. When the context ends,
so do they.

    python -m examples.guide.ch2.mtserver
    python -m examples.guide.ch1.hwclient             (several)
"""

import contextlib
import threading
import time

import zmqlite as zmq

from ...program import run

WORKERS = "inproc://workers"


def work(context: zmq.Context, delay: int) -> None:
    """Answer requests until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.REP) as socket:
        socket.connect(WORKERS)
        for request in socket:
            print(f"Received request: [{request.decode()}]")
            time.sleep(delay / 1000)  # the work
            socket.send(b"World")


def main(bind: str = "tcp://*:5555", threads: int = 5, delay: int = 1000) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as clients,
        context.socket(zmq.DEALER) as workers,
    ):
        clients.bind(bind)
        workers.bind(WORKERS)
        for _ in range(threads):
            threading.Thread(target=work, args=(context, delay)).start()
        zmq.proxy(clients, workers)


if __name__ == "__main__":
    run(main)
