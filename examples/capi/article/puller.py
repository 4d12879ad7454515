"""The article's PULL: connect, and take tasks.

Runs until Ctrl-C, or until it has as many tasks as it is told.

    python -m examples.capi.article.pusher
    python -m examples.capi.article.puller
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5557", count: int = -1) -> int:
    context = zmq_ctx_new()
    puller = zmq_socket(context, ZMQ_PULL)
    rc = zmq_connect(puller, connect)
    assert rc == 0

    task_nbr = 0
    while task_nbr != count:
        buffer = bytearray(256)
        size = zmq_recv(puller, buffer, 256, 0)
        if size == -1:
            break
        print(f"Pulled {buffer[: min(size, 256)].decode()}")
        task_nbr += 1

    zmq_close(puller)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
