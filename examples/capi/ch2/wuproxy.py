"""The weather for another network: XSUB towards the server, XPUB towards the subscribers.

Subscriptions go up through the proxy, readings come down. The addresses are only examples.

    python -m examples.capi.ch1.wuserver
    python -m examples.capi.ch2.wuproxy --connect tcp://localhost:5556 --bind tcp://*:8100
    python -m examples.capi.ch1.wuclient --connect tcp://localhost:8100 --filter 1
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://192.168.55.210:5556", bind: str = "tcp://10.1.1.0:8100") -> int:
    context = zmq_ctx_new()
    frontend = zmq_socket(context, ZMQ_XSUB)
    rc = zmq_connect(frontend, connect)
    assert rc == 0
    backend = zmq_socket(context, ZMQ_XPUB)
    rc = zmq_bind(backend, bind)
    assert rc == 0

    zmq_proxy(frontend, backend, None)

    zmq_close(frontend)
    zmq_close(backend)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
