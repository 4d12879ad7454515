"""Worker threads behind inproc sockets, the way that is natural in Python.

A `for` loop over a socket receives until the context is shut down, and `with` closes what was
opened, also after an exception. So no end marker has to be sent, and nobody counts the workers:
when all results are there, `shutdown` ends every loop.

See thread_c for the same with each step written out. This program needs no other:

    python -m examples.article.thread_python
"""

import argparse
import contextlib
import threading

import zmqlite as zmq

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


def main() -> None:
    parser = argparse.ArgumentParser(description="Have threads square numbers.")
    parser.add_argument("--count", type=int, default=10, help="how many numbers")
    parser.add_argument("--workers", type=int, default=2, help="how many threads")
    options = parser.parse_args()

    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as tasks,
        context.socket(zmq.PULL) as results,
    ):
        tasks.bind(TASKS)
        results.bind(RESULTS)
        workers = [threading.Thread(target=work, args=(context,)) for _ in range(options.workers)]
        for worker in workers:
            worker.start()
        tasks.send_many(b"%d" % number for number in range(1, options.count + 1))
        squares = sorted(int(results.recv()) for _ in range(options.count))
        context.shutdown()
        for worker in workers:
            worker.join()
    print("squares:", *squares, flush=True)
    print(f"{len(workers)} workers have ended", flush=True)


if __name__ == "__main__":
    main()
