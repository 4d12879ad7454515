"""Sockets of pyzmq that do what is read, a line of JSON for each step, and say what they got.

A step is the number of a socket, an action and its argument; "open" makes a socket of a type.
Frames are texts whose characters are the bytes (latin-1).
"""

import json
import sys
from typing import Any

import zmq

context = zmq.Context()
sockets: dict[int, Any] = {}


def step(number: int, action: str, value: Any = None) -> Any:
    if action == "open":
        sockets[number] = context.socket(getattr(zmq, value))
        sockets[number].rcvtimeo = sockets[number].sndtimeo = 20_000
        return None
    socket = sockets[number]
    if action == "close":
        return socket.close(0)
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
