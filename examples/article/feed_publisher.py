"""Publish a feed: one process tells all others that listen (PUB/SUB).

A publisher sends to whoever has subscribed, which at first is nobody. So this one has an XPUB
socket: a PUB socket that also receives the subscriptions, and thereby knows when to begin.

    python -m examples.article.feed_publisher
    python -m examples.article.feed_subscriber
"""

import time

import zmqlite as zmq

from ..program import run


def main(bind: str = "tcp://127.0.0.1:5563", count: int = 10, interval: int = 200) -> None:
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        print("bound", socket.bind(bind))
        socket.wait_subscribers(1)
        for number in range(1, count + 1):
            text = f"item {number}"
            socket.send_string(text)
            print("published", text)
            time.sleep(interval / 1000)
        socket.send(b"")  # no more to come
        print(f"published {count} messages")


if __name__ == "__main__":
    run(main)
