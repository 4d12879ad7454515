"""A worker thread behind an inproc socket, step by step as a C program does it.

Both threads share one context; each makes, uses and closes a socket of its own. The worker reads
into a buffer, of which only as many bytes are the message as the receive says. An empty message
tells the worker to end; so nothing has to sleep and hope that all was received.

See thread_python for the way that is shorter in Python. This program needs no other:

    python -m examples.article.thread_c
"""

import threading

import zmqlite as zmq

from ..program import run

ENDPOINT = "inproc://workers"


def worker_routine(context: zmq.Context) -> None:
    receiver = context.socket(zmq.PULL)
    receiver.connect(ENDPOINT)
    buffer = bytearray(256)
    size = receiver.recv_into(buffer)
    while size > 0:
        print("worker received:", buffer[:size].decode())
        size = receiver.recv_into(buffer)
    receiver.close()


def main(count: int = 5) -> None:
    context = zmq.Context()
    sender = context.socket(zmq.PUSH)
    sender.bind(ENDPOINT)
    worker = threading.Thread(target=worker_routine, args=(context,))
    worker.start()
    for number in range(1, count + 1):
        sender.send(b"message %d" % number)
    sender.send(b"")
    worker.join()
    sender.close()
    context.term()
    print("main: the worker has ended")


if __name__ == "__main__":
    run(main)
