"""Suicidal Snail: a subscriber that is too slow notices it, and ends itself (PUB-SUB).

The publisher sends the time, once a millisecond, and the subscriber needs longer than that for each
message. So the queue between them grows, and what comes out of it gets older. When it is too old,
being late is an error like others, and the subscriber stops with a message: better than to work on
old data, or to lose some unnoticed when the queue is full.

    python -m examples.guide.ch5.suisnail
"""

import contextlib
import random
import sys
import threading
import time

import zmqlite as zmq

from ...program import run


def now() -> int:
    """Return the time of day, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def publish(context: zmq.Context, endpoint: str, interval: int) -> None:
    """Publish the time until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.PUB) as socket:
        socket.bind(endpoint)
        while True:
            socket.send_string(str(now()))
            time.sleep(interval / 1000)


def subscribe(context: zmq.Context, endpoint: str, work: int, max_delay: int) -> None:
    """Work on each message for 1 to `work` ms, and give up when one is too old."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        for message in socket:
            print(message.decode())
            delay = now() - int(message)
            if delay > max_delay:
                print(f"the subscriber is {delay} ms late, and gives up", file=sys.stderr)
                return
            time.sleep(random.randint(1, work) / 1000)


def main(
    bind: str = "tcp://*:5556",
    connect: str = "tcp://localhost:5556",
    interval: int = 1,
    work: int = 2,
    max_delay: int = 1000,
) -> None:
    """Publish each `interval` ms what takes 1 to `work` ms, until it is `max_delay` ms late."""
    with zmq.Context(linger=0) as context:
        threading.Thread(target=publish, args=(context, bind, interval)).start()
        snail = threading.Thread(target=subscribe, args=(context, connect, work, max_delay))
        snail.start()
        snail.join()


if __name__ == "__main__":
    run(main)
