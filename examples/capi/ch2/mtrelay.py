"""Threads that signal each other with PAIR sockets: step 1 to step 2, step 2 to step 3.

Each step binds before it starts the thread that is to connect.

    python -m examples.capi.ch2.mtrelay
"""

from zmqlite.capi import *

from ..zhelpers import run, s_recv, s_send


def step1(context: void_p) -> None:
    xmitter = zmq_socket(context, ZMQ_PAIR)
    rc = zmq_connect(xmitter, "inproc://step2")
    assert rc == 0
    print("Step 1 ready, signaling step 2")
    s_send(xmitter, "READY")
    zmq_close(xmitter)


def step2(context: void_p) -> None:
    receiver = zmq_socket(context, ZMQ_PAIR)
    rc = zmq_bind(receiver, "inproc://step2")
    assert rc == 0
    zmq_threadstart(step1, context)

    string = s_recv(receiver)
    assert string == "READY"
    zmq_close(receiver)

    xmitter = zmq_socket(context, ZMQ_PAIR)
    rc = zmq_connect(xmitter, "inproc://step3")
    assert rc == 0
    print("Step 2 ready, signaling step 3")
    s_send(xmitter, "READY")
    zmq_close(xmitter)


def main() -> int:
    context = zmq_ctx_new()
    receiver = zmq_socket(context, ZMQ_PAIR)
    rc = zmq_bind(receiver, "inproc://step3")
    assert rc == 0
    zmq_threadstart(step2, context)

    string = s_recv(receiver)
    assert string == "READY"
    zmq_close(receiver)
    print("Test successful!")

    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
