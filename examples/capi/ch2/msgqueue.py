"""Requests through a broker: the same as rrbroker, by zmq_proxy.

The proxy returns when the context ends or a signal arrives, never otherwise.

    python -m examples.capi.ch2.msgqueue
    python -m examples.capi.ch2.rrworker             (several)
    python -m examples.capi.ch2.rrclient
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(clients: str = "tcp://*:5559", workers: str = "tcp://*:5560") -> int:
    context = zmq_ctx_new()
    frontend = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(frontend, clients)
    assert rc == 0
    backend = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_bind(backend, workers)
    assert rc == 0

    zmq_proxy(frontend, backend, None)

    zmq_close(frontend)
    zmq_close(backend)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
