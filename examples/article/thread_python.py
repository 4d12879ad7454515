"""Worker threads behind inproc sockets, the way that is natural in Python.

A `for` loop over a socket receives until the context is shut down, and `with` closes what was
opened, also after an exception. So no end marker has to be sent, and nobody counts the workers:
when all results are there, `shutdown` ends every loop.

See thread_c for the same with each step written out. This program needs no other:

    python -m examples.article.thread_python
"""

import contextlib
import threading

import zmqlite as zmq

from ..program import run

TASKS = "inproc://tasks"
RESULTS = "inproc://results"


def work(context: zmq.Context) -> None:
    """Square numbers until the context is shut down."""
    with (
        contextlib.suppress(zmq.ContextTerminated),  # before there was anything to do
        context.socket(zmq.PULL) as tasks,
        context.socket(zmq.PUSH) as results,
    ):
        tasks.connect(TASKS)
        results.connect(RESULTS)
        for task in tasks:
            results.send(b"%d" % int(task) ** 2)


def main(count: int = 10, workers: int = 2) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as tasks,
        context.socket(zmq.PULL) as results,
    ):
        tasks.bind(TASKS)
        results.bind(RESULTS)
        threads = [threading.Thread(target=work, args=(context,)) for _ in range(workers)]
        for thread in threads:
            thread.start()
        tasks.send_many(b"%d" % number for number in range(1, count + 1))
        squares = sorted(int(results.recv()) for _ in range(count))
        context.shutdown()
        for thread in threads:
            thread.join()
    print("squares:", *squares)
    print(f"{workers} workers have ended")


if __name__ == "__main__":
    run(main)
