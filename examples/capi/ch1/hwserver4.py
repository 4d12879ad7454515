"""Hello World, a server on a ROUTER socket, with zmq_msg_t: the envelope goes back as it came.

Parts that were received are sent back as they are; sending one takes its content.

    python -m examples.capi.ch1.hwserver4
    python -m examples.capi.ch1.hwclient4
"""

from zmqlite.capi import *

from ..zhelpers import run, s_show, s_sleep


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> int:
    context = zmq_ctx_new()
    router = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(router, bind)
    assert rc == 0

    while True:
        identity, delimiter, request = zmq_msg_t(), zmq_msg_t(), zmq_msg_t()
        zmq_msg_init(identity)
        zmq_msg_init(delimiter)
        zmq_msg_init(request)

        size = zmq_msg_recv(identity, router, 0)
        assert size != -1
        print(f"id: {s_show(zmq_msg_data(identity))}")
        size = zmq_msg_recv(delimiter, router, 0)
        assert size == 0
        assert zmq_msg_more(delimiter)
        print("empty frame")
        size = zmq_msg_recv(request, router, 0)
        assert size != -1
        print(f"request: {s_show(zmq_msg_data(request))}")
        zmq_msg_close(request)
        s_sleep(delay)  # the work

        reply = zmq_msg_t()
        zmq_msg_init_size(reply, 5)
        zmq_msg_data(reply)[:] = b"World"
        zmq_msg_send(identity, router, ZMQ_SNDMORE)
        zmq_msg_send(delimiter, router, ZMQ_SNDMORE)
        zmq_msg_send(reply, router, 0)


if __name__ == "__main__":
    run(main)
