"""A worker thread behind an inproc socket, step by step as a C program does it.

Both threads share one context; each makes, uses and closes a socket of its own. The worker reads
into a buffer, of which only as many bytes are the message as the receive says. An empty message
tells the worker to end; so nothing has to sleep and hope that all was received.

See thread_python for the way that is shorter in Python. This program needs no other:

    python -m examples.article.thread_c
"""

import argparse
import threading

import zmqlite as zmq

ENDPOINT = "inproc://workers"


def worker_routine(context: zmq.Context) -> None:
    receiver = context.socket(zmq.PULL)
    receiver.connect(ENDPOINT)
    buffer = bytearray(256)
    size = receiver.recv_into(buffer)
    while size > 0:
        print("worker received:", buffer[:size].decode(), flush=True)
        size = receiver.recv_into(buffer)
    receiver.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="Send messages to a thread.")
    parser.add_argument("--count", type=int, default=5, help="how many messages")
    options = parser.parse_args()

    context = zmq.Context()
    sender = context.socket(zmq.PUSH)
    sender.bind(ENDPOINT)
    worker = threading.Thread(target=worker_routine, args=(context,))
    worker.start()
    for number in range(1, options.count + 1):
        sender.send(b"message %d" % number)
    sender.send(b"")
    worker.join()
    sender.close()
    context.term()
    print("main: the worker has ended", flush=True)


if __name__ == "__main__":
    main()
