"""Tables of calls: what there is of a socket, and what waits until something happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import zmqlite as zmq

Call = Callable[[zmq.Socket], Any]

CALLS: dict[str, Call] = {
    "send": lambda s: s.send(b""),
    "send in parts": lambda s: s.send(b"", zmq.SNDMORE),
    "send a long one": lambda s: s.send(b"x" * 65536),
    "send_multipart": lambda s: s.send_multipart([b"", b""]),
    "send_many": lambda s: s.send_many([b""]),
    "send_string": lambda s: s.send_string(""),
    "recv": lambda s: s.recv(),
    "recv with a timeout": lambda s: s.recv(timeout=1000),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_into": lambda s: s.recv_into(bytearray(5)),
    "recv_message": lambda s: s.recv_message(),
    "recv_many": lambda s: s.recv_many(),
    "recv_string": lambda s: s.recv_string(),
    "poll": lambda s: s.poll(),
    "bind": lambda s: s.bind("tcp://127.0.0.1:*"),
    "bind inproc": lambda s: s.bind("inproc://calls"),
    "connect": lambda s: s.connect("tcp://127.0.0.1:1"),
    "connect inproc": lambda s: s.connect("inproc://calls"),
    "unbind": lambda s: s.unbind("tcp://127.0.0.1:1"),
    "disconnect": lambda s: s.disconnect("tcp://127.0.0.1:1"),
    "an option read": lambda s: s.linger,
    "an option set": lambda s: setattr(s, "linger", 0),
    "events": lambda s: s.events,
    "get": lambda s: s.get(17),
    "set": lambda s: s.set(17, 0),
    "subscribe": lambda s: s.subscribe(b""),
    "monitor": lambda s: s.monitor(),
}


def _polled(socket: zmq.Socket) -> Any:
    poller = zmq.Poller()
    poller.register(socket)
    return poller.poll()


WAITS: dict[str, Call] = {
    "recv": lambda s: s.recv(),
    "recv with a timeout": lambda s: s.recv(timeout=60_000),
    "recv_multipart": lambda s: s.recv_multipart(),
    "recv_string": lambda s: s.recv_string(),
    "recv_into": lambda s: s.recv_into(bytearray(8)),
    "recv_message": lambda s: s.recv_message(),
    "recv_many": lambda s: s.recv_many(),
    "iteration": list,
    "poll": lambda s: s.poll(),
    "poll for room": lambda s: s.poll(60_000, zmq.POLLOUT),
    "Poller.poll": _polled,
    "send": lambda s: s.send(b"nobody is connected"),
    "send with a timeout": lambda s: s.send(b"nobody is connected", timeout=60_000),
    "send without a copy": lambda s: s.send(bytes(1 << 20)),
    "send_multipart": lambda s: s.send_multipart([b"nobody", b"is connected"]),
    "send_many": lambda s: s.send_many([b"nobody"] * 3),
    "send_string": lambda s: s.send_string("nobody is connected"),
    "proxy": lambda s: zmq.proxy(s, s),
    "proxy_steerable": lambda s: zmq.proxy_steerable(s, s),
}
"""What never returns by itself on a DEALER that has no peer."""
