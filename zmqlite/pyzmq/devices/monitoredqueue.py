"""A proxy whose third socket gets each message with a prefix that tells its direction."""

from __future__ import annotations

from typing import Any, Final

from .. import DONTWAIT, POLLIN, ROUTER, Again, Poller, Socket

__all__ = ["monitored_queue"]

AT_ONCE: Final = 100
"""Messages of one direction that are forwarded before the other one is looked at."""


def monitored_queue(
    in_socket: Socket[Any],
    out_socket: Socket[Any],
    mon_socket: Socket[Any],
    in_prefix: bytes = b"in",
    out_prefix: bytes = b"out",
) -> None:
    """Forward messages both ways, and send each with its prefix in front to `mon_socket`.

    Between two ROUTER sockets the first two frames change places, so that the first peer names the
    second one, which learns who has sent.

    Raises:
        TypeError: a prefix is not bytes.
        ZMQError: ETERM when the context ends, ENOTSOCK when a socket is closed: it does not return.
    """
    for prefix in (in_prefix, out_prefix):
        if not isinstance(prefix, bytes):
            raise TypeError(f"a prefix is bytes, not {type(prefix).__name__}")
    swap = in_socket.type == ROUTER and out_socket.type == ROUTER
    poller = Poller()
    poller.register(in_socket, POLLIN)
    poller.register(out_socket, POLLIN)
    sides = ((in_socket, out_socket, in_prefix), (out_socket, in_socket, out_prefix))
    while True:
        ready = dict(poller.poll())
        for source, target, prefix in sides:
            if source in ready:
                _forward(source, target, mon_socket, prefix, swap)


def _forward(
    source: Socket[Any], target: Socket[Any], monitor: Socket[Any], prefix: bytes, swap: bool
) -> None:
    """Forward what has arrived at one side."""
    for _ in range(AT_ONCE):
        try:
            frames = source.recv_multipart(DONTWAIT)
        except Again:
            return
        if swap:
            frames[:2] = frames[1::-1]
        monitor.send_multipart([prefix, *frames])
        target.send_multipart(frames)
