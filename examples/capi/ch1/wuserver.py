"""The weather, published: random readings for random places, as fast as it goes.

A reading is "zip code, temperature, humidity". What nobody subscribes to is dropped at once.

    python -m examples.capi.ch1.wuserver
    python -m examples.capi.ch1.wuclient
"""

from zmqlite.capi import *

from ..zhelpers import randof, run, s_send


def main(bind: str = "tcp://*:5556") -> int:
    context = zmq_ctx_new()
    publisher = zmq_socket(context, ZMQ_PUB)
    rc = zmq_bind(publisher, bind)
    assert rc == 0

    while True:
        zipcode = randof(100000)
        temperature = randof(215) - 80
        humidity = randof(50) + 10
        s_send(publisher, f"{zipcode:05} {temperature} {humidity}")


if __name__ == "__main__":
    run(main)
