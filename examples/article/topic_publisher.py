"""Publish readings under topics, of which each subscriber takes what it wants (PUB/SUB).

A topic is the first frame of a message, and a subscription is a prefix of topics. Whoever asks for
`weather.london` gets `weather.londonderry` as well. Here every topic ends with a dot, so
`weather.london.` is a prefix of no other name. What nobody asked for is not even sent.

    python -m examples.article.topic_publisher --subscriptions 2
    python -m examples.article.topic_subscriber weather.london
    python -m examples.article.topic_subscriber weather.london.
"""

import time

import zmqlite as zmq

from ..program import run

TOPICS = (b"weather.london.", b"weather.londonderry.", b"weather.paris.", b"traffic.london.")


def main(
    bind: str = "tcp://127.0.0.1:5563", rounds: int = 5, interval: int = 300, subscriptions: int = 1
) -> None:
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        print("bound", socket.bind(bind))
        socket.wait_subscribers(subscriptions)
        for number in range(1, rounds + 1):
            for topic in TOPICS:
                socket.send_multipart([topic, b"reading %d" % number])
            print(f"published reading {number} under {len(TOPICS)} topics")
            time.sleep(interval / 1000)
        for topic in TOPICS:
            socket.send_multipart([topic, b""])  # no more to come


if __name__ == "__main__":
    run(main)
