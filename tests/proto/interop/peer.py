"""A program without zmqlite, with pyzmq and protobuf, for the article's message.

python peer.py publish ENDPOINT COUNT     waits for a subscriber, sends, waits until it is gone
python peer.py subscribe ENDPOINT COUNT   prints what it understood of COUNT messages, a line each
"""

import sys

import zmq
from google.protobuf.message import DecodeError
from message_pb2 import DataMessage  # type: ignore[import-not-found]  # made by the test


def publish(context: zmq.Context[zmq.Socket[bytes]], endpoint: str, count: int) -> None:
    """Send COUNT good messages, and behind the first of them two bad ones."""
    with context.socket(zmq.XPUB) as socket:
        socket.setsockopt(zmq.RCVTIMEO, 20_000)
        socket.bind(endpoint)
        print("bound", socket.getsockopt_string(zmq.LAST_ENDPOINT), flush=True)
        socket.recv()
        for i in range(count):
            message = DataMessage(content="from pyzmq \u2713", timestamp=1_700_000_000_000 + i)
            data = message.SerializeToString()
            socket.send(data)
            if i == 0:
                socket.send(data[:-1])
                socket.send_multipart([data, b"too much"])
        socket.recv()


def subscribe(context: zmq.Context[zmq.Socket[bytes]], endpoint: str, count: int) -> None:
    """Receive COUNT messages, good or bad."""
    with context.socket(zmq.SUB) as socket:
        socket.setsockopt(zmq.RCVTIMEO, 20_000)
        socket.subscribe(b"")
        socket.connect(endpoint)
        for _ in range(count):
            frames = socket.recv_multipart()
            if len(frames) != 1:
                print("several frames", flush=True)
                continue
            try:
                message = DataMessage.FromString(frames[0])
            except DecodeError:
                print("malformed", flush=True)
            else:
                print(message.timestamp, message.content, flush=True)


role, endpoint, count = sys.argv[1:]
with zmq.Context() as context:
    {"publish": publish, "subscribe": subscribe}[role](context, endpoint, int(count))
assert "zmqlite" not in sys.modules
