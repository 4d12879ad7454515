"""Publish a typed feed, as in the article: DataMessage of message.proto, and nothing around it.

A subscriber in any language that has ZeroMQ and Protocol Buffers understands it.

    python -m examples.proto.feed_publisher
    python -m examples.proto.feed_subscriber
"""

import argparse
import time

import zmqlite as zmq
from zmqlite import proto

from .generated.message_pb2 import DataMessage


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish a typed feed, once somebody subscribes.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5555", metavar="ENDPOINT")
    parser.add_argument("--count", type=int, default=10, help="how many messages")
    parser.add_argument("--interval", type=int, default=200, help="milliseconds between two")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        feed = proto.TypedSocket(socket, DataMessage)
        print("bound", socket.bind(options.bind), flush=True)
        feed.wait_subscribers(1)
        for number in range(1, options.count + 1):
            feed.send(DataMessage(content=f"item {number}", timestamp=time.time_ns() // 1_000_000))
            print("published item", number, flush=True)
            time.sleep(options.interval / 1000)
        feed.send(DataMessage(content="end"))
        print(f"published {options.count} messages", flush=True)


if __name__ == "__main__":
    main()
