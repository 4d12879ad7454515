"""Subscribe to one of two addresses, and print messages of two frames.

Runs until Ctrl-C, or until it has received as many messages as it is told.

    python -m examples.capi.ch2.psenvpub
    python -m examples.capi.ch2.psenvsub
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv


def main(connect: str = "tcp://localhost:5563", count: int = -1) -> int:
    context = zmq_ctx_new()
    subscriber = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(subscriber, connect)
    assert rc == 0
    rc = zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, b"B", 1)
    assert rc == 0

    message_nbr = 0
    while message_nbr != count:
        address = s_recv(subscriber)
        if address is None:
            break
        contents = s_recv(subscriber)
        print(f"[{address}] {contents}")
        message_nbr += 1

    zmq_close(subscriber)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
