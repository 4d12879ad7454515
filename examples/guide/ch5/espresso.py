"""Espresso: listen in on a proxy between publisher and subscriber (XSUB-XPUB).

Whatever passes the proxy, either way, also goes into the pipe of an actor. What comes out there,
frame by frame: the two subscriptions (byte 1 and the topic) as they go to the publisher, the
messages that were subscribed to, and at last, when the subscriber has left, the end of its
subscriptions (byte 0 and the topic). After that nothing: what nobody wants does not even leave the
publisher.

    python -m examples.guide.ch5.espresso
"""

import contextlib
import random
import threading
import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown


def publish(context: zmq.Context, endpoint: str, interval: int) -> None:
    """Publish a random letter from A to J, with a random number, until the context ends."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.PUB) as socket:
        socket.bind(endpoint)
        while True:
            letter = random.choice("ABCDEFGHIJ")
            socket.send_string(f"{letter}-{random.randrange(100_000):05}")
            time.sleep(interval / 1000)


def subscribe(context: zmq.Context, endpoint: str, count: int) -> None:
    """Take `count` messages on A and B, and leave."""
    with contextlib.suppress(zmq.ContextTerminated), context.socket(zmq.SUB) as socket:
        socket.subscribe(b"A")
        socket.subscribe(b"B")
        socket.connect(endpoint)
        for _ in range(count):
            socket.recv()


def listen(pipe: zmq.Pipe) -> None:
    """Print each frame that was captured."""
    pipe.ready()
    for frame in pipe:
        print(f"[{len(frame):03}] {shown(frame)}")


def main(
    publisher: str = "tcp://*:6000",
    frontend: str = "tcp://localhost:6000",
    backend: str = "tcp://*:6001",
    subscriber: str = "tcp://localhost:6001",
    interval: int = 100,
    count: int = 5,
) -> None:
    """Publish a message each `interval` ms; the subscriber takes `count`. Ends on Ctrl-C."""
    with (
        zmq.Context(linger=0) as context,
        context.socket(zmq.XSUB) as source,
        context.socket(zmq.XPUB) as sink,
        zmq.Actor(context, listen) as listener,
    ):
        source.connect(frontend)
        sink.bind(backend)
        threading.Thread(target=publish, args=(context, publisher, interval)).start()
        threading.Thread(target=subscribe, args=(context, subscriber, count)).start()
        zmq.proxy(source, sink, listener.pipe.socket)


if __name__ == "__main__":
    run(main)
