"""The article's send that does not wait: with ZMQ_DONTWAIT a full queue is EAGAIN.

Nobody takes anything here, so the queue is full after as many messages as the high-water mark says.

    python -m examples.capi.article.dontwait
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5557", hwm: int = 10) -> int:
    context = zmq_ctx_new()
    pusher = zmq_socket(context, ZMQ_PUSH)
    sndhwm, linger = c_int(hwm), c_int(0)
    rc = zmq_setsockopt(pusher, ZMQ_SNDHWM, sndhwm, sizeof(sndhwm))
    assert rc == 0
    rc = zmq_setsockopt(pusher, ZMQ_LINGER, linger, sizeof(linger))
    assert rc == 0
    rc = zmq_connect(pusher, connect)
    assert rc == 0

    message_nbr = 0
    while True:
        size = zmq_send(pusher, b"message", 7, ZMQ_DONTWAIT)
        if size == -1:
            break
        message_nbr += 1
    assert zmq_errno() == EAGAIN
    print(f"Sent {message_nbr} messages, then: {zmq_strerror(EAGAIN)}")

    zmq_close(pusher)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
