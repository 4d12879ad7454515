"""What a ROUTER shows of its peers: an id that libzmq made, and one that the peer has chosen.

The first dump begins with five bytes of which the first is 0, the second with PEER2.

    python -m examples.capi.ch3.identity
"""

from zmqlite.capi import *

from ..zhelpers import run, s_dump, s_send


def main() -> int:
    context = zmq_ctx_new()
    sink = zmq_socket(context, ZMQ_ROUTER)
    rc = zmq_bind(sink, "inproc://example")
    assert rc == 0

    # A peer without a name, for which the ROUTER makes one;
    anonymous = zmq_socket(context, ZMQ_REQ)
    rc = zmq_connect(anonymous, "inproc://example")
    assert rc == 0
    s_send(anonymous, "The ROUTER has made up an id")
    s_dump(sink)

    # and one that brings its own.
    identified = zmq_socket(context, ZMQ_REQ)
    rc = zmq_setsockopt(identified, ZMQ_ROUTING_ID, b"PEER2", 5)
    assert rc == 0
    rc = zmq_connect(identified, "inproc://example")
    assert rc == 0
    s_send(identified, "The ROUTER uses the id of the REQ socket")
    s_dump(sink)

    zmq_close(sink)
    zmq_close(anonymous)
    zmq_close(identified)
    zmq_ctx_destroy(context)
    return 0


if __name__ == "__main__":
    run(main)
