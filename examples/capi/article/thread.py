"""The article's worker thread over inproc: PUSH in main, PULL in the thread, one context.

What was received is as long as zmq_recv says; the buffer has no end of its own. An empty message
tells the worker to end, so that main waits for the thread, not for a time that may be too short.

    python -m examples.capi.article.thread
"""

from zmqlite.capi import *

from ..zhelpers import run


def worker_routine(context: void_p) -> None:
    receiver = zmq_socket(context, ZMQ_PULL)
    rc = zmq_connect(receiver, "inproc://workers")
    assert rc == 0

    while True:
        buffer = bytearray(256)
        size = zmq_recv(receiver, buffer, 256, 0)
        if size <= 0:
            break
        print(f"Received: {buffer[:size].decode()}")

    zmq_close(receiver)


def main(count: int = 1) -> int:
    context = zmq_ctx_new()
    sender = zmq_socket(context, ZMQ_PUSH)
    rc = zmq_bind(sender, "inproc://workers")
    assert rc == 0

    worker = zmq_threadstart(worker_routine, context)

    message = b"Hello Worker!"
    for _ in range(count):
        zmq_send(sender, message, len(message), 0)
    zmq_send(sender, None, 0, 0)
    zmq_threadclose(worker)
    print("The worker has ended")

    zmq_close(sender)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
