"""Receive a feed until its publisher says that it is over.

Any number of these may listen to one feed_publisher, which does not have to know them.

    python -m examples.article.feed_publisher
    python -m examples.article.feed_subscriber
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receive a feed until it is over.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")  # everything
        socket.connect(options.connect)
        count = 0
        while text := socket.recv_string():
            count += 1
            print("received", text, flush=True)
        print(f"received {count} messages", flush=True)


if __name__ == "__main__":
    main()
