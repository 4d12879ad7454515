"""The weather, published: random readings of random places, as fast as it goes (PUB).

A reading is "zip code, temperature, humidity". What nobody has subscribed to is not even sent, and
there may be any number of subscribers, or none.

    python -m examples.guide.ch1.wuserver
    python -m examples.guide.ch1.wuclient --filter 1
"""

import random

import zmqlite as zmq

from ...program import run


def main(bind: str = "tcp://*:5556") -> None:
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.bind(bind)
        while True:
            zip_code = random.randrange(100000)
            temperature = random.randrange(-80, 135)
            humidity = random.randrange(10, 60)
            socket.send_string(f"{zip_code:05} {temperature} {humidity}")


if __name__ == "__main__":
    run(main)
