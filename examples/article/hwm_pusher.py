"""Send without ever waiting, and see what a full queue does: PUSH refuses.

The high-water mark is how many messages a socket keeps for a peer. This program starts before its
receiver does, so messages pile up at once. A send with DONTWAIT that finds no room raises
zmq.Again; the message is still ours. Without the flag, send would wait for room.

    python -m examples.article.hwm_pusher
    python -m examples.article.hwm_puller
"""

import zmqlite as zmq

from ..program import run


def offer(socket: zmq.Socket, message: bytes) -> bool:
    """Send if that takes no waiting; say whether it did."""
    try:
        socket.send(message, zmq.DONTWAIT)
    except zmq.Again:
        return False
    return True


def main(connect: str = "tcp://127.0.0.1:5557", hwm: int = 10, count: int = 25) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH, sndhwm=hwm) as socket:
        socket.connect(connect)
        for number in range(1, count + 1):
            while not offer(socket, b"%d" % number):
                print(f"message {number} was refused, the queue is full")
                # Something more important could be done here. There is nothing; wait for room.
                socket.poll(events=zmq.POLLOUT)
        socket.send(b"")
        print(f"sent {count} messages")


if __name__ == "__main__":
    run(main)
