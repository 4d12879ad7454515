"""The article's REQ: send a request, wait for its reply.

Nothing else is possible in between: a second send would fail with EFSM.

    python -m examples.capi.article.responder
    python -m examples.capi.article.requester
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 3) -> int:
    context = zmq_ctx_new()
    requester = zmq_socket(context, ZMQ_REQ)
    rc = zmq_connect(requester, connect)
    assert rc == 0

    for request_nbr in range(1, count + 1):
        request = b"request %d" % request_nbr
        size = zmq_send(requester, request, len(request), 0)
        assert size == len(request)
        size = zmq_send(requester, request, len(request), 0)
        assert size == -1
        assert zmq_errno() == EFSM

        buffer = bytearray(256)
        size = zmq_recv(requester, buffer, 256, 0)
        assert size != -1
        print(f"{request.decode()} -> {buffer[: min(size, 256)].decode()}")

    zmq_close(requester)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
