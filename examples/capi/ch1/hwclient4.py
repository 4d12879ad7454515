"""Hello World, a client on a DEALER socket with a routing id, which a ROUTER shows.

Each part of the reply comes into a zmq_msg_t.

    python -m examples.capi.ch1.hwserver4
    python -m examples.capi.ch1.hwclient4
"""

from zmqlite.capi import *

from ..zhelpers import run


def main(connect: str = "tcp://localhost:5555", count: int = 10) -> int:
    context = zmq_ctx_new()
    dealer = zmq_socket(context, ZMQ_DEALER)
    rc = zmq_setsockopt(dealer, ZMQ_ROUTING_ID, b"ZMQ", 3)
    assert rc == 0
    rc = zmq_connect(dealer, connect)
    assert rc == 0

    for request_nbr in range(1, count + 1):
        print(f"Sending Hello {request_nbr}")
        zmq_send(dealer, None, 0, ZMQ_SNDMORE)
        zmq_send(dealer, b"Hello", 5, 0)

        delimiter, reply = zmq_msg_t(), zmq_msg_t()
        zmq_msg_init(delimiter)
        zmq_msg_init(reply)
        size = zmq_msg_recv(delimiter, dealer, 0)
        assert size == 0
        size = zmq_msg_recv(reply, dealer, 0)
        assert size != -1
        print(f"Received {bytes(zmq_msg_data(reply)).decode()} {request_nbr}")
        zmq_msg_close(delimiter)
        zmq_msg_close(reply)

    zmq_close(dealer)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
