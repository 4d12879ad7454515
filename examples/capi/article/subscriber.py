"""The article's SUB: the weather of London.

Runs until Ctrl-C, or until it has as many messages as it is told.

    python -m examples.capi.article.publisher
    python -m examples.capi.article.subscriber
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(
    connect: str = "tcp://localhost:5563", topic: str = "weather.london", count: int = -1
) -> int:
    context = zmq_ctx_new()
    subscriber = zmq_socket(context, ZMQ_SUB)
    rc = zmq_connect(subscriber, connect)
    assert rc == 0
    rc = zmq_setsockopt(subscriber, ZMQ_SUBSCRIBE, topic.encode(), len(topic.encode()))
    assert rc == 0

    message_nbr = 0
    while message_nbr != count:
        buffer = bytearray(256)
        size = zmq_recv(subscriber, buffer, 256, 0)
        if size == -1:
            break
        print(f"Received {buffer[: min(size, 256)].decode()}")
        message_nbr += 1

    zmq_close(subscriber)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
