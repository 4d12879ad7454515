"""The article's DEALER: send all requests at once, take the replies as they come.

The count is even, as the router answers two at a time.

    python -m examples.capi.article.router
    python -m examples.capi.article.dealer
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 4) -> int:
    context = zmq_ctx_new()
    dealer = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_connect(dealer, connect)
    assert rc == 0

    for request_nbr in range(1, count + 1):
        request = b"request %d" % request_nbr
        size = zmq_send(dealer, request, len(request), 0)
        assert size == len(request)
        print(f"Sent {request.decode()}")
    for _ in range(count):
        buffer = bytearray(256)
        size = zmq_recv(dealer, buffer, 256, 0)
        assert size != -1
        print(f"Received {buffer[: min(size, 256)].decode()}")

    zmq_close(dealer)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
