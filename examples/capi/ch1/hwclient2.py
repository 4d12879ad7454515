"""Hello World, a client on a DEALER socket, which writes and reads the empty frame itself.

What REQ does by itself: a reply is what comes after the empty frame.

    python -m examples.capi.ch1.hwserver2
    python -m examples.capi.ch1.hwclient2
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> int:
    context = zmq_ctx_new()
    dealer = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_connect(dealer, connect)
    assert rc == 0

    request_nbr = 1
    while request_nbr <= count:
        print(f"Sending Hello {request_nbr}")
        zmq_send(dealer, None, 0, ZMQ_SNDMORE)
        zmq_send(dealer, b"Hello", 5, 0)

        buffer = bytearray(10)
        size = zmq_recv(dealer, buffer, 10, 0)
        while size != 0:  # not a reply
            print(f"no empty frame but one of {size} bytes: discarded")
            size = zmq_recv(dealer, buffer, 10, 0)
        size = zmq_recv(dealer, buffer, 10, 0)
        assert size != -1
        print(f"Received {buffer[:size].decode()} {request_nbr}")
        request_nbr += 1

    zmq_close(dealer)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
