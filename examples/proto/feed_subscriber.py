"""Receive a typed feed, as in the article, until its publisher says that it is over.

What is no DataMessage is reported, and the feed goes on.

    python -m examples.proto.feed_publisher
    python -m examples.proto.feed_subscriber
"""

import zmqlite as zmq
from zmqlite import proto

from ..program import run
from .generated.message_pb2 import DataMessage


def main(connect: str = "tcp://127.0.0.1:5555") -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        feed = proto.TypedSocket(socket, DataMessage, on_error=print)
        feed.subscribe()
        socket.connect(connect)
        count = 0
        for message in feed:
            if not message.timestamp:
                break
            count += 1
            print(f"received {message.content}, sent at {message.timestamp}")
        print(f"received {count} messages")


if __name__ == "__main__":
    run(main)
