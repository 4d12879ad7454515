"""Send faster than a subscriber reads, and see what a full queue does: PUB drops.

A publisher never waits for a slow subscriber: what has no room in that subscriber's queue is
dropped for it, and the send succeeds, with or without DONTWAIT. Only the receiver can tell, if
messages are numbered. (The option `xpub_nodrop` makes a publisher refuse, as PUSH does.)

    python -m examples.article.hwm_publisher
    python -m examples.article.hwm_subscriber
"""

import argparse

import zmqlite as zmq

# More than the buffers of the system hold, which also count as queues.
PADDING = bytes(16384)
BUFFER = 65536


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Publish a burst that is too much.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5563", metavar="ENDPOINT")
    parser.add_argument("--hwm", type=int, default=10, help="messages kept for a subscriber")
    parser.add_argument("--count", type=int, default=1000, help="messages in the burst")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with (
        zmq.Context() as context,
        context.socket(zmq.XPUB, sndhwm=options.hwm, sndbuf=BUFFER) as socket,
    ):
        print("bound", socket.bind(options.bind), flush=True)
        socket.recv()  # a subscription
        for number in range(1, options.count + 1):
            socket.send_multipart([b"burst", b"%d" % number, PADDING], zmq.DONTWAIT)
        print(f"published {options.count} messages, none was refused", flush=True)
        # Calm again: a message now and then, until the subscriber leaves, which XPUB reports.
        while not socket.poll(20):
            socket.send_multipart([b"calm", b"%d" % options.count, b""], zmq.DONTWAIT)


if __name__ == "__main__":
    main()
