"""Publish a typed feed, as in the article: DataMessage of message.proto, and nothing around it.

A subscriber in any language that has ZeroMQ and Protocol Buffers understands it.

    python -m examples.proto.feed_publisher
    python -m examples.proto.feed_subscriber
"""

import time

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.message_pb2 import DataMessage


def main(bind: str = "tcp://127.0.0.1:5555", count: int = 10, interval: int = 200) -> None:
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        feed = proto.TypedSocket(socket, DataMessage)
        print("bound", socket.bind(bind))
        feed.wait_subscribers(1)
        for number in range(1, count + 1):
            feed.send(DataMessage(content=f"item {number}", timestamp=time.time_ns() // 1_000_000))
            print("published item", number)
            time.sleep(interval / 1000)
        feed.send(DataMessage(content="end"))
        print(f"published {count} messages")


if __name__ == "__main__":
    run(main)
