"""A subscriber that tells the publisher when to begin, and counts what comes.

The subscription leaves as soon as the connection is there, which wait_peers tells. The request
leaves only then, so it arrives later.

    python -m examples.guide.ch2.syncpub --subscribers 2
    python -m examples.guide.ch2.syncsub              (twice)
"""

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5561", sync: str = "tcp://localhost:5562") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB) as subscriber,
        context.socket(zmq.REQ) as client,
    ):
        subscriber.subscribe(b"")
        subscriber.wait_peers(0)  # count from now on
        subscriber.connect(connect)
        subscriber.wait_peers(1)
        client.connect(sync)
        client.send(b"")
        client.recv()

        count = 0
        while subscriber.recv() != b"END":
            count += 1
        print(f"Received {count} updates")


if __name__ == "__main__":
    run(main)
