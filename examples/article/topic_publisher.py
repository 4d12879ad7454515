"""Publish readings under topics, of which each subscriber takes what it wants (PUB/SUB).

A topic is the first frame of a message, and a subscription is a prefix of topics. Whoever asks for
`weather.london` gets `weather.londonderry` as well. Here every topic ends with a dot, so
`weather.london.` is a prefix of no other name. What nobody asked for is not even sent.

    python -m examples.article.topic_publisher --subscriptions 2
    python -m examples.article.topic_subscriber weather.london
    python -m examples.article.topic_subscriber weather.london.
"""

import argparse
import time

import zmqlite as zmq

TOPICS = (b"weather.london.", b"weather.londonderry.", b"weather.paris.", b"traffic.london.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish readings under four topics.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    parser.add_argument("--rounds", type=int, default=5, help="readings per topic")
    parser.add_argument("--interval", type=int, default=300, help="milliseconds between rounds")
    parser.add_argument("--subscriptions", type=int, default=1, help="how many to wait for")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        print("bound", socket.bind(options.bind), flush=True)
        socket.wait_subscribers(options.subscriptions)
        for number in range(1, options.rounds + 1):
            for topic in TOPICS:
                socket.send_multipart([topic, b"reading %d" % number])
            print(f"published reading {number} under {len(TOPICS)} topics", flush=True)
            time.sleep(options.interval / 1000)
        for topic in TOPICS:
            socket.send_multipart([topic, b""])  # no more to come


if __name__ == "__main__":
    main()
