"""A publisher that begins when all its subscribers are there: each says so by a request.

What PUB sends before a subscription has arrived is lost, so the subscribers have to be waited for.
And what a subscriber cannot take is dropped when its queue is full, so the queue has room for all,
and the end of the program waits until all is sent.

    python -m examples.guide.ch2.syncpub --subscribers 2
    python -m examples.guide.ch2.syncsub              (twice)
"""

import itertools

import zmqlite as zmq

from ...program import run


def main(
    bind: str = "tcp://*:5561",
    sync: str = "tcp://*:5562",
    subscribers: int = 10,
    count: int = 1000000,
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB, sndhwm=1100000, linger=-1) as publisher,
        context.socket(zmq.REP) as service,
    ):
        publisher.bind(bind)
        service.bind(sync)
        print("Waiting for subscribers")
        for _ in range(subscribers):
            service.recv()
            service.send(b"")

        print("Broadcasting messages")
        publisher.send_many(itertools.repeat(b"Rhubarb", count))
        publisher.send(b"END")


if __name__ == "__main__":
    run(main)
