"""Hello World, the server: a REP socket that answers each Hello with World.

Each answer takes a second of work. Runs until Ctrl-C, as all servers here do.

    python -m examples.capi.ch1.hwserver
    python -m examples.capi.ch1.hwclient
"""

from zmqlite.capi import *

from ..zhelpers import run, s_sleep


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> int:
    context = zmq_ctx_new()
    responder = zmq_socket(context, ZMQ_REP)
    rc = zmq_bind(responder, bind)
    assert rc == 0

    while True:
        buffer = bytearray(10)
        size = zmq_recv(responder, buffer, 10, 0)
        assert size != -1
        print(f"Received {buffer[:size].decode()}")
        s_sleep(delay)  # the work
        zmq_send(responder, b"World", 5, 0)


if __name__ == "__main__":
    run(main)
