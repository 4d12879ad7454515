"""Send faster than a subscriber reads, and see what a full queue does: PUB drops.

A publisher never waits for a slow subscriber: what has no room in that subscriber's queue is
dropped for it, and the send succeeds, with or without DONTWAIT. Only the receiver can tell, if
messages are numbered. (The option `xpub_nodrop` makes a publisher refuse, as PUSH does.)

    python -m examples.article.hwm_publisher
    python -m examples.article.hwm_subscriber
"""

import zmqlite as zmq

from ..program import run

# More than the buffers of the system hold, which also count as queues.
PADDING = bytes(16384)
BUFFER = 65536


def main(bind: str = "tcp://127.0.0.1:5563", hwm: int = 10, count: int = 1000) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.XPUB, sndhwm=hwm, sndbuf=BUFFER) as socket,
    ):
        print("bound", socket.bind(bind))
        socket.recv()  # a subscription
        for number in range(1, count + 1):
            socket.send_multipart([b"burst", b"%d" % number, PADDING], zmq.DONTWAIT)
        print(f"published {count} messages, none was refused")
        # Calm again: a message now and then, until the subscriber leaves, which XPUB reports.
        while not socket.poll(20):
            socket.send_multipart([b"calm", b"%d" % count, b""], zmq.DONTWAIT)


if __name__ == "__main__":
    run(main)
