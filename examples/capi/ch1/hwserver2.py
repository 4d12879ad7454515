"""Hello World, a server that answers first and works afterwards.

The client does not wait for the work, only its next request does.

    python -m examples.capi.ch1.hwserver2
    python -m examples.capi.ch1.hwclient2
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> int:
    context = zmq_ctx_new()
    responder = zmq_socket(context, ZMQ_REP)
    rc = zmq_bind(responder, bind)
    assert rc == 0

    while True:
        request = s_recv(responder)
        if request is None:
            break
        print(f"Received {request}")
        s_send(responder, "World")
        s_sleep(delay)  # the work, while the reply is on its way

    zmq_close(responder)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
