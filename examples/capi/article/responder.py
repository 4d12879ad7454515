"""The article's REP: answer each request before the next one comes.

The reply is the request in capitals.

    python -m examples.capi.article.responder
    python -m examples.capi.article.requester
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(bind: str = "tcp://*:5555") -> int:
    context = zmq_ctx_new()
    responder = zmq_socket(context, ZMQ_REP)
    rc = zmq_bind(responder, bind)
    assert rc == 0

    while True:
        buffer = bytearray(256)
        size = zmq_recv(responder, buffer, 256, 0)
        if size == -1:
            break
        reply = bytes(buffer[: min(size, 256)]).upper()
        zmq_send(responder, reply, len(reply), 0)

    zmq_close(responder)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
