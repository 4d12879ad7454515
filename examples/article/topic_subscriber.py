"""Receive what a topic_publisher publishes under some topics, and count it by topic.

The subscriptions are prefixes. Several add up, and a message that matches two comes once.

    python -m examples.article.topic_publisher
    python -m examples.article.topic_subscriber weather.paris. traffic.
"""

from collections import Counter

import zmqlite as zmq

from ..program import run


def main(*topics: str, connect: str = "tcp://127.0.0.1:5563") -> None:
    counts: Counter[str] = Counter()
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        for prefix in topics:
            socket.subscribe(prefix)
        socket.connect(connect)
        topic, reading = socket.recv_multipart()
        while reading:
            counts[topic.decode()] += 1
            print(topic.decode(), reading.decode())
            topic, reading = socket.recv_multipart()
    summary = ", ".join(f"{topic} {count}" for topic, count in counts.items())
    print(f"received by topic: {summary}")


if __name__ == "__main__":
    run(main)
