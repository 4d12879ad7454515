"""Requests through a broker: ROUTER for the clients, DEALER for the workers, frames both ways.

Each frame passes with its ZMQ_SNDMORE, so a message of any number of frames stays one message.

    python -m examples.capi.ch2.rrbroker
    python -m examples.capi.ch2.rrworker             (several)
    python -m examples.capi.ch2.rrclient
"""

from zmqlite.capi import *

from ..zhelpers import run


def pass_message(source: void_p, target: void_p) -> None:
    """Move one whole message, frame by frame."""
    message = zmq_msg_t()
    more = 1
    while more:
        zmq_msg_init(message)
        size = zmq_msg_recv(message, source, 0)
        assert size != -1
        more = zmq_msg_more(message)
        zmq_msg_send(message, target, ZMQ_SNDMORE if more else 0)
        zmq_msg_close(message)


def main(clients: str = "tcp://*:5559", workers: str = "tcp://*:5560") -> int:
    context = zmq_ctx_new()
    frontend = zmq_socket(context, ZMQ_ROUTER)
    backend = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_bind(frontend, clients)
    assert rc == 0
    rc = zmq_bind(backend, workers)
    assert rc == 0

    items = [
        zmq_pollitem_t(frontend, 0, ZMQ_POLLIN, 0),
        zmq_pollitem_t(backend, 0, ZMQ_POLLIN, 0),
    ]
    while True:
        rc = zmq_poll(items, 2, -1)
        if rc == -1:
            break
        if items[0].revents & ZMQ_POLLIN:
            pass_message(frontend, backend)
        if items[1].revents & ZMQ_POLLIN:
            pass_message(backend, frontend)

    zmq_close(frontend)
    zmq_close(backend)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
