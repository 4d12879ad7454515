"""Publish a feed: one process tells all others that listen (PUB/SUB).

A publisher sends to whoever has subscribed, which at first is nobody. So this one has an XPUB
socket: a PUB socket that also receives the subscriptions, and thereby knows when to begin.

    python -m examples.article.feed_publisher
    python -m examples.article.feed_subscriber
"""

import argparse
import time

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish a feed, once somebody subscribes.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    parser.add_argument("--count", type=int, default=10, help="how many messages")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds between two")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        print("bound", socket.bind(options.bind), flush=True)
        socket.wait_subscribers(1)
        for number in range(1, options.count + 1):
            text = f"item {number}"
            socket.send_string(text)
            print("published", text, flush=True)
            time.sleep(options.interval / 1000)
        socket.send(b"")  # no more to come
        print(f"published {options.count} messages", flush=True)


if __name__ == "__main__":
    main()
