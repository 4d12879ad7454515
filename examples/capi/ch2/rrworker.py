"""Requests through a broker: a worker, which connects to the broker as the clients do.

Start as many as there is work for; they may come and go.

    python -m examples.capi.ch2.rrbroker             (or msgqueue)
    python -m examples.capi.ch2.rrworker             (several)
    python -m examples.capi.ch2.rrclient
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def main(connect: str = "tcp://localhost:5560", delay: int = 1000) -> int:
    context = zmq_ctx_new()
    responder = zmq_socket(context, ZMQ_REP)
    rc = zmq_connect(responder, connect)
    assert rc == 0

    while True:
        string = s_recv(responder)
        if string is None:
            break
        print(f"Received request: [{string}]")
        s_sleep(delay)  # the work
        s_send(responder, "World")

    zmq_close(responder)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
