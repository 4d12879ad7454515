"""Give work to DEALER workers when they ask for it, and fire them after a while (ROUTER to DEALER).

The ROUTER is that of rtreq, which cannot tell the workers from REQ sockets: they send the empty
frame that REQ adds, and expect it in front of a reply. What they gain is that nothing makes them
wait for the reply before they may send again.

This program needs no other. With --others it waits for workers of other programs, too:

    python -m examples.guide.ch3.rtdealer
"""

import contextlib
import random
import threading
import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import set_id


def work(context: zmq.Context, endpoint: str, longest: int) -> None:
    """Work until fired."""
    with (
        contextlib.suppress(zmq.ContextTerminated),
        context.socket(zmq.DEALER, linger=0) as worker,  # who leaves wants no more work
    ):
        set_id(worker)  # so that a trace of the messages can be read
        worker.connect(endpoint)
        total = 0
        while True:
            worker.send_multipart([b"", b"Hi Boss"])
            _, order = worker.recv_multipart()
            if order == b"Fired!":
                print(f"Completed: {total} tasks")
                break
            total += 1
            time.sleep(random.randint(1, longest) / 1000)


def main(
    bind: str = "tcp://*:5671",
    connect: str = "tcp://localhost:5671",
    workers: int = 10,
    others: int = 0,
    duration: int = 5000,
    longest: int = 500,
) -> None:
    with zmq.Context() as context, context.socket(zmq.ROUTER) as broker:
        print("bound", broker.bind(bind))
        task = (context, connect, longest)
        threads = [threading.Thread(target=work, args=task) for _ in range(workers)]
        for thread in threads:
            thread.start()

        end = time.monotonic() + duration / 1000
        employed = workers + others
        while employed:
            worker, empty, _ = broker.recv_multipart()  # whoever has nothing to do
            if time.monotonic() < end:
                broker.send_multipart([worker, empty, b"Work harder"])
            else:
                broker.send_multipart([worker, empty, b"Fired!"])
                employed -= 1
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    run(main)
