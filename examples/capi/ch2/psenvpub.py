"""Publish messages of two frames, an address and contents: A and B in turn.

A subscription is compared with the first frame only.

    python -m examples.capi.ch2.psenvpub
    python -m examples.capi.ch2.psenvsub
"""

from zmqlite.capi import *

from ..zhelpers import run, s_send, s_sendmore, s_sleep


def main(bind: str = "tcp://*:5563", interval: int = 1000) -> int:
    context = zmq_ctx_new()
    publisher = zmq_socket(context, ZMQ_PUB)
    rc = zmq_bind(publisher, bind)
    assert rc == 0

    while True:
        s_sendmore(publisher, "A")
        s_send(publisher, "Nobody here asked for this")
        s_sendmore(publisher, "B")
        s_send(publisher, "This is what B is for")
        s_sleep(interval)


if __name__ == "__main__":
    run(main)
