"""What all programs of this folder share: texts as frames, time, chance, and the way into main."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import NoReturn

from zmqlite.capi import *

from .. import program

__all__ = [
    "randof",
    "run",
    "s_clock",
    "s_console",
    "s_dump",
    "s_recv",
    "s_send",
    "s_sendmore",
    "s_set_id",
    "s_show",
    "s_sleep",
]


def s_recv(socket: void_p) -> str | None:
    """Receive one frame as text; None where C gets NULL, as when the context was ended.

    Bytes that are not text, such as a routing id that libzmq made, come back as they were when the
    text is sent again.
    """
    message = zmq_msg_t()
    zmq_msg_init(message)
    size = zmq_msg_recv(message, socket, 0)
    if size == -1:
        return None
    string = str(zmq_msg_data(message), "utf-8", "surrogateescape")
    zmq_msg_close(message)
    return string


def s_send(socket: void_p, string: str) -> int:
    """Send a text as the last or only frame of a message."""
    data = string.encode("utf-8", "surrogateescape")
    return zmq_send(socket, data, len(data), 0)


def s_sendmore(socket: void_p, string: str) -> int:
    """Send a text as a frame that others follow."""
    data = string.encode("utf-8", "surrogateescape")
    return zmq_send(socket, data, len(data), ZMQ_SNDMORE)


def s_show(data: bytes | bytearray | memoryview) -> str:
    """Return bytes as text if all of them can be printed, else as hexadecimal digits."""
    if all(32 <= byte <= 126 for byte in data):
        return str(data, "ascii")
    return data.hex().upper()


def s_dump(socket: void_p) -> None:
    """Receive a whole message, and print the size and content of each frame."""
    print("-" * 40)
    more = 1
    while more:
        message = zmq_msg_t()
        zmq_msg_init(message)
        size = zmq_msg_recv(message, socket, 0)
        assert size != -1
        print(f"[{size:03}] {s_show(zmq_msg_data(message))}")
        more = zmq_msg_more(message)
        zmq_msg_close(message)


def s_set_id(socket: void_p) -> None:
    """Give a socket that is not connected yet a random routing id that can be printed."""
    identity = b"%04X-%04X" % (randof(0x10000), randof(0x10000))
    rc = zmq_setsockopt(socket, ZMQ_ROUTING_ID, identity, len(identity))
    assert rc == 0


def s_sleep(msecs: int) -> None:
    """Sleep some milliseconds."""
    time.sleep(msecs / 1000)


def s_clock() -> int:
    """Return the time of day as milliseconds."""
    return time.time_ns() // 1_000_000


def s_console(text: str) -> None:
    """Print a line that begins with date and time."""
    print(time.strftime("%y-%m-%d %H:%M:%S"), text)


def randof(limit: int) -> int:
    """Return a random number from 0 to one below the limit."""
    return random.randrange(limit)


def _end_on_interrupt() -> None:
    """Let SIGINT end the program wherever it is, as it does in C.

    Python alone acts only after the call of C that a signal came into, and libzmq goes on to wait
    if it was just busy.
    """
    interrupted, interrupt = os.pipe()
    os.set_blocking(interrupt, False)

    def end() -> None:
        os.read(interrupted, 1)
        with contextlib.suppress(ValueError):  # main is ending, too
            sys.stdout.flush()
        os._exit(0)

    signal.set_wakeup_fd(interrupt)
    threading.Thread(target=end, daemon=True).start()


def run(main: Callable[..., int]) -> NoReturn:
    """Call main as examples.program does, but end on Ctrl-C as C does.

    Nothing more is closed or sent then.
    """
    _end_on_interrupt()
    program.run(main)
