"""Hello World, a client on a REQ socket with a routing id, which a ROUTER shows.

hwserver3 and hwserver4 print the id.

    python -m examples.capi.ch1.hwserver3
    python -m examples.capi.ch1.hwclient3
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> int:
    context = zmq_ctx_new()
    requester = zmq_socket(context, ZMQ_REQ)
    rc = zmq_setsockopt(requester, ZMQ_ROUTING_ID, b"ZMQ", 3)
    assert rc == 0
    rc = zmq_connect(requester, connect)
    assert rc == 0

    for request_nbr in range(1, count + 1):
        print(f"Sending Hello {request_nbr}")
        zmq_send(requester, b"Hello", 5, 0)
        buffer = bytearray(10)
        size = zmq_recv(requester, buffer, 10, 0)
        assert size != -1
        print(f"Received {buffer[:size].decode()} {request_nbr}")

    zmq_close(requester)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
