"""Hello World, a server on a ROUTER socket, which sees the envelope: id, empty frame, request.

An id is bytes, and may begin with 0; as a text of C it would come out empty, and the reply would
find nobody. So its size goes with it here.

    python -m examples.capi.ch1.hwserver3
    python -m examples.capi.ch1.hwclient3
"""

from zmqlite.capi import *

from ..zhelpers import run, s_show, s_sleep


def discard(router: void_p) -> None:
    """Take what is left of a message."""
    more, size = c_int(), c_size_t(sizeof(c_int))
    zmq_getsockopt(router, ZMQ_RCVMORE, more, size)
    while more:
        zmq_recv(router, None, 0, 0)
        zmq_getsockopt(router, ZMQ_RCVMORE, more, size)


def main(bind: str = "tcp://*:5555", delay: int = 1000) -> int:
    context = zmq_ctx_new()
    router = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(router, bind)
    assert rc == 0

    identity = bytearray(255)
    request = bytearray(10)
    while True:
        identity_size = zmq_recv(router, identity, 255, 0)
        assert identity_size != -1
        print(f"id: {s_show(identity[:identity_size])}")

        delimiter_size = zmq_recv(router, None, 0, 0)
        if delimiter_size != 0:
            print(f"no empty frame but one of {delimiter_size} bytes: discarded")
            discard(router)
            continue
        print("empty frame")

        request_size = zmq_recv(router, request, 10, 0)
        print(f"request: {s_show(request[:request_size])}")
        s_sleep(delay)  # the work

        zmq_send(router, identity, identity_size, ZMQ_SNDMORE)
        zmq_send(router, None, 0, ZMQ_SNDMORE)
        zmq_send(router, b"World", 5, 0)


if __name__ == "__main__":
    run(main)
