"""The article's ROUTER: each request comes with the id of the peer, each reply goes with it.

So it may answer in any order; here it keeps two requests and answers the later one first.

    python -m examples.capi.article.router
    python -m examples.capi.article.dealer
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(bind: str = "tcp://*:5555") -> int:
    context = zmq_ctx_new()
    router = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(router, bind)
    assert rc == 0

    kept: list[tuple[zmq_msg_t, zmq_msg_t]] = []
    while True:
        identity, request = zmq_msg_t(), zmq_msg_t()
        zmq_msg_init(identity)
        zmq_msg_init(request)
        if zmq_msg_recv(identity, router, 0) == -1:
            break
        size = zmq_msg_recv(request, router, 0)
        assert size != -1
        kept.append((identity, request))
        if len(kept) < 2:
            continue
        while kept:
            identity, request = kept.pop()
            zmq_msg_send(identity, router, ZMQ_SNDMORE)
            zmq_msg_send(request, router, 0)

    zmq_close(router)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
