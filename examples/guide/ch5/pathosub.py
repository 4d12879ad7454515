"""Pathological subscriber: interested in one topic of a thousand (SUB).

Started before the publisher it gets something at once, started later only at the next update of its
topic. With lvcache in between it always gets something at once:

    python -m examples.guide.ch5.lvcache
    python -m examples.guide.ch5.pathopub --bind tcp://127.0.0.1:5557
    python -m examples.guide.ch5.pathosub --connect tcp://localhost:5558
"""

import random

import zmqlite as zmq

from ...program import run


def main(connect: str = "tcp://localhost:5556", topic: str = "") -> None:
    """Print what is published on a topic, by default on a random one of 000 to 999."""
    topic = topic or f"{random.randrange(1000):03}"
    with zmq.Context() as context, context.socket(zmq.SUB) as subscriber:
        subscriber.subscribe(topic.encode())
        subscriber.connect(connect)
        print(f"subscribed to {topic}")
        while True:
            match subscriber.recv_multipart():
                case [name, data] if name == topic.encode():
                    print(data.decode(errors="replace"))


if __name__ == "__main__":
    run(main)
