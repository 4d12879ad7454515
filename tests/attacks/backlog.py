"""What a socket keeps in memory: under a lasting backlog, and after a message of many frames.

The queue never runs dry while messages are received in batches, so a socket that gave memory back
only when it is empty would grow for ever.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable

import zmqlite as zmq

from .program import begin, end, eventually, resident

BATCH = [b"x" * 200] * 1000
BACKLOG = 5000  # messages that always wait
WARM = 200_000  # messages until all that is allocated once is there
FRAMES = 400_000

GROWTH = 8.0  # MiB that allocators may vary by
REST = 8.0  # MiB that they may keep of the largest message's


def receive_many(socket: zmq.Socket) -> int:
    return len(socket.recv_many())


def receive_few(socket: zmq.Socket) -> int:
    return len(socket.recv_many(7))


def receive(socket: zmq.Socket) -> int:
    socket.recv()
    return 1


def iterate(socket: zmq.Socket) -> int:
    for count, _ in enumerate(socket, 1):
        if count == 100:
            break
    return 100


FORMS: dict[str, Callable[[zmq.Socket], int]] = {
    "recv_many": receive_many,
    "recv_many_limit": receive_few,
    "recv": receive,
    "iterate": iterate,
}


def growth(receive: Callable[[zmq.Socket], int], seconds: float) -> tuple[int, float]:
    """Receive for some seconds; how many messages came, and by how many MiB the process grew."""
    with (
        zmq.Context(linger=0) as context,
        context.socket(zmq.PULL, rcvhwm=0) as receiver,
        context.socket(zmq.PUSH, sndhwm=0) as sender,
    ):
        sender.connect(receiver.bind("inproc://backlog"))
        limit = time.monotonic() + seconds
        waiting = received = 0
        before = None
        while before is None or time.monotonic() < limit:
            while waiting < BACKLOG:
                waiting += sender.send_many(BATCH)
            got = receive(receiver)
            received += got
            waiting -= got
            if before is None and received >= WARM:
                before = resident()
        return received, resident() - before


def rest_of_frames() -> float:
    """How many MiB more there are after a message of many frames came and the socket was closed."""
    with zmq.Context(linger=0) as context:
        receiver = context.socket(zmq.PULL, rcvhwm=0)
        sender = context.socket(zmq.PUSH, sndhwm=0)
        sender.connect(receiver.bind("inproc://frames"))
        before = resident()
        sender.send_multipart([b""] * FRAMES)
        assert len(receiver.recv_multipart()) == FRAMES
        receiver.close()
        sender.close()
        # The objects live on: what they hold is what counts, not what malloc keeps of freed memory.
        trim = ctypes.CDLL(None).malloc_trim
        eventually(lambda: (trim(0), resident() - before)[1] < REST)
        return resident() - before


def main() -> None:
    forms = [*FORMS, "frames"]
    arguments = begin(
        __doc__, 30, forms={"nargs": "+", "choices": forms, "metavar": "FORM", "default": forms}
    )
    counts: dict[str, object] = {}
    grown = kept = 0
    for form in arguments.forms:
        if form in FORMS:
            received, more = growth(FORMS[form], arguments.seconds / len(arguments.forms))
            counts[form] = f"{received}:{more:+.1f}MiB"
            grown += more > GROWTH
        else:
            rest = rest_of_frames()
            counts[f"{FRAMES}_frames"] = f"{rest:+.1f}MiB"
            kept += rest > REST
    end(counts, {"grown": grown, "kept": kept})


if __name__ == "__main__":
    main()
