"""A socket of pyzmq that does what it reads, a line of JSON for each step, and says what it got.

    python peer_pyzmq.py TYPE

Frames are texts whose characters are the bytes (latin-1).
"""

import json
import sys
from typing import Any

import zmq

context = zmq.Context()
socket = context.socket(getattr(zmq, sys.argv[1]))
socket.linger = 5000
socket.rcvtimeo = socket.sndtimeo = 20_000


def step(action: str, value: Any = None) -> Any:
    if action == "bind":
        socket.bind(value)
        return socket.getsockopt_string(zmq.LAST_ENDPOINT)
    if action == "connect":
        socket.connect(value)
        return None
    if action == "subscribe":
        return socket.subscribe(value.encode())
    if action == "send":
        return socket.send_multipart([frame.encode("latin-1") for frame in value])
    if action == "option":
        return setattr(
            socket, value[0], value[1].encode() if isinstance(value[1], str) else value[1]
        )
    return [frame.decode("latin-1") for frame in socket.recv_multipart()]


for line in sys.stdin:
    print(json.dumps(step(*json.loads(line))), flush=True)
socket.close()
context.term()
