"""A publisher that begins when all subscribers are there: each says so by a request.

The queue has room for all that is sent, as PUB drops what does not fit.

    python -m examples.capi.ch2.syncpub --subscribers 2
    python -m examples.capi.ch2.syncsub              (twice)
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send


def main(
    bind: str = "tcp://*:5561",
    sync: str = "tcp://*:5562",
    subscribers: int = 10,
    count: int = 1000000,
) -> int:
    context = zmq_ctx_new()

    publisher = zmq_socket(context, ZMQ_PUB)
    sndhwm = c_int(1100000)
    rc = zmq_setsockopt(publisher, ZMQ_SNDHWM, sndhwm, sizeof(sndhwm))
    assert rc == 0
    rc = zmq_bind(publisher, bind)
    assert rc == 0

    syncservice = zmq_socket(context, ZMQ_REP)
    rc = zmq_bind(syncservice, sync)
    assert rc == 0

    print("Waiting for subscribers")
    present = 0
    while present < subscribers:
        string = s_recv(syncservice)
        assert string is not None
        s_send(syncservice, "")
        present += 1

    print("Broadcasting messages")
    for _ in range(count):
        s_send(publisher, "Rhubarb")
    s_send(publisher, "END")

    zmq_close(publisher)
    zmq_close(syncservice)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
