"""Receive a feed until its publisher says that it is over.

Any number of these may listen to one feed_publisher, which does not have to know them.

    python -m examples.article.feed_publisher
    python -m examples.article.feed_subscriber
"""

import zmqlite as zmq

from ..program import run


def main(connect: str = "tcp://127.0.0.1:5563") -> None:
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")  # everything
        socket.connect(connect)
        count = 0
        while text := socket.recv_string():
            count += 1
            print("received", text)
        print(f"received {count} messages")


if __name__ == "__main__":
    run(main)
