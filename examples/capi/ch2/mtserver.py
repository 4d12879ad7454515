"""Hello World, a server with five threads behind an inproc DEALER.

All threads share the context and nothing else; each has a socket of its own.

    python -m examples.capi.ch2.mtserver
    python -m examples.capi.ch1.hwclient             (several)
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send, s_sleep


def worker_routine(args: tuple[void_p, int]) -> None:
    context, delay = args
    receiver = zmq_socket(context, ZMQ_REP)
    rc = zmq_connect(receiver, "inproc://workers")
    assert rc == 0

    while True:
        string = s_recv(receiver)
        if string is None:
            break
        print(f"Received request: [{string}]")
        s_sleep(delay)  # the work
        s_send(receiver, "World")

    zmq_close(receiver)


def main(bind: str = "tcp://*:5555", threads: int = 5, delay: int = 1000) -> int:
    context = zmq_ctx_new()

    # Clients come in here,
    clients = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(clients, bind)
    assert rc == 0

    # and are served by the threads there.
    workers = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_bind(workers, "inproc://workers")
    assert rc == 0
    for _ in range(threads):
        zmq_threadstart(worker_routine, (context, delay))

    zmq_proxy(clients, workers, None)

    zmq_close(clients)
    zmq_close(workers)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
