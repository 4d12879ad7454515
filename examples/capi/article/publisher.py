"""The article's PUB: the weather of two towns, for whoever subscribes.

A topic is what a message begins with.

    python -m examples.capi.article.publisher
    python -m examples.capi.article.subscriber
"""

from zmqlite.capi import *

from ..zhelpers import randof, run, s_sleep


def main(bind: str = "tcp://*:5563", interval: int = 1000) -> int:
    context = zmq_ctx_new()
    publisher = zmq_socket(context, ZMQ_PUB)
    rc = zmq_bind(publisher, bind)
    assert rc == 0

    while True:
        for town in ("london", "paris"):
            message = b"weather.%s temperature:%d" % (town.encode(), randof(30))
            size = zmq_send(publisher, message, len(message), 0)
            assert size == len(message)
        s_sleep(interval)


if __name__ == "__main__":
    run(main)
