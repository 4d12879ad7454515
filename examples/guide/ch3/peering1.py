"""Tell other brokers how many workers are free: the flow of state in a federation of brokers.

Each broker publishes its state, and subscribes to that of all its peers. Nobody is in the middle,
so any broker may start first. Here the number of free workers is just a random one, published when
nothing was heard for a while:

    python -m examples.guide.ch3.peering1 DC1 DC2 DC3
    python -m examples.guide.ch3.peering1 DC2 DC1 DC3
    python -m examples.guide.ch3.peering1 DC3 DC1 DC2
"""

import random

import zmqlite as zmq

from ...program import run


def main(name: str, *peers: str, interval: int = 1000) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB) as states,
        context.socket(zmq.SUB) as others,
    ):
        states.bind(f"ipc://{name}-state.ipc")
        others.subscribe(b"")
        for peer in peers:
            others.connect(f"ipc://{peer}-state.ipc")
        while True:
            if others.poll(interval):
                origin, available = others.recv_multipart()
                print(f"{origin.decode()} - {available.decode()} workers free")
            else:
                states.send_multipart([name.encode(), b"%d" % random.randrange(10)])


if __name__ == "__main__":
    run(main)
