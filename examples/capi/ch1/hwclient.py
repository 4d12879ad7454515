"""Hello World, the client: send Hello, wait for World, ten times.

REQ sends and receives in strict turn.

    python -m examples.capi.ch1.hwserver
    python -m examples.capi.ch1.hwclient
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> int:
    context = zmq_ctx_new()
    requester = zmq_socket(context, ZMQ_REQ)
    rc = zmq_connect(requester, connect)
    assert rc == 0

    for request_nbr in range(count):
        buffer = bytearray(10)
        print(f"Sending Hello {request_nbr}")
        zmq_send(requester, b"Hello", 5, 0)
        size = zmq_recv(requester, buffer, 10, 0)
        assert size != -1
        print(f"Received {buffer[:size].decode()} {request_nbr}")

    zmq_close(requester)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
