"""Receive what a topic_publisher publishes under some topics, and count it by topic.

The subscriptions are prefixes. Several add up, and a message that matches two comes once.

    python -m examples.article.topic_publisher
    python -m examples.article.topic_subscriber weather.paris. traffic.
"""

import argparse
from collections import Counter

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count what comes under some topics.")
    parser.add_argument("topics", nargs="+", metavar="PREFIX")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    counts: Counter[str] = Counter()
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        for topic in options.topics:
            socket.subscribe(topic.encode())
        socket.connect(options.connect)
        topic, reading = socket.recv_multipart()
        while reading:
            counts[topic.decode()] += 1
            print(topic.decode(), reading.decode(), flush=True)
            topic, reading = socket.recv_multipart()
    summary = ", ".join(f"{topic} {count}" for topic, count in counts.items())
    print(f"received by topic: {summary}", flush=True)


if __name__ == "__main__":
    main()
