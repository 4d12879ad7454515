"""Receive a typed feed, as in the article, until its publisher says that it is over.

What is no DataMessage is reported, and the feed goes on.

    python -m examples.proto.feed_publisher
    python -m examples.proto.feed_subscriber
"""

import argparse

import zmqlite as zmq
from zmqlite import proto

from .generated.message_pb2 import DataMessage


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receive a typed feed until it is over.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        feed = proto.TypedSocket(socket, DataMessage, on_error=print)
        feed.subscribe()
        socket.connect(options.connect)
        count = 0
        for message in feed:
            if not message.timestamp:
                break
            count += 1
            print(f"received {message.content}, sent at {message.timestamp}", flush=True)
        print(f"received {count} messages", flush=True)


if __name__ == "__main__":
    main()
