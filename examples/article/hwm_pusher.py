"""Send without ever waiting, and see what a full queue does: PUSH refuses.

The high-water mark is how many messages a socket keeps for a peer. This program starts before its
receiver does, so messages pile up at once. A send with DONTWAIT that finds no room raises
zmq.Again; the message is still ours. Without the flag, send would wait for room.

    python -m examples.article.hwm_pusher
    python -m examples.article.hwm_puller
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Send without waiting until refused.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", metavar="ENDPOINT")
    parser.add_argument("--hwm", type=int, default=10, help="messages that the socket keeps")
    parser.add_argument("--count", type=int, default=25, help="messages to send in all")
    return parser.parse_args()


def offer(socket: zmq.Socket, message: bytes) -> bool:
    """Send if that takes no waiting; say whether it did."""
    try:
        socket.send(message, zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.PUSH, sndhwm=options.hwm) as socket:
        socket.connect(options.connect)
        for number in range(1, options.count + 1):
            while not offer(socket, b"%d" % number):
                print(f"message {number} was refused, the queue is full", flush=True)
                # Something more important could be done here. There is nothing; wait for room.
                socket.poll(events=zmq.POLLOUT)
        socket.send(b"")
        print(f"sent {options.count} messages", flush=True)


if __name__ == "__main__":
    main()
