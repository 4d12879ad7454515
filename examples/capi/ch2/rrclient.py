"""Requests through a broker: the client, which connects to the broker's own endpoint.

To the client a broker is a server like any other.

    python -m examples.capi.ch2.rrbroker             (or msgqueue)
    python -m examples.capi.ch2.rrworker             (several)
    python -m examples.capi.ch2.rrclient
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send


def main(connect: str = "tcp://localhost:5559", count: int = 10) -> int:
    context = zmq_ctx_new()
    requester = zmq_socket(context, ZMQ_REQ)
    rc = zmq_connect(requester, connect)
    assert rc == 0

    for request_nbr in range(count):
        s_send(requester, "Hello")
        string = s_recv(requester)
        print(f"Received reply {request_nbr} [{string}]")

    zmq_close(requester)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
