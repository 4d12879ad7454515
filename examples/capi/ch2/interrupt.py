"""End cleanly on Ctrl-C or SIGTERM: the signal writes to a pipe, which is polled too.

The server only reports requests. A signal that arrives at any moment, also just before zmq_poll, is
a byte in the pipe, so none is missed.

    python -m examples.capi.ch2.interrupt
    python -m examples.capi.ch1.hwclient
"""

import os
import signal
from types import FrameType

from zmqlite.capi import *

from ..zhelpers import run, s_show


def s_signal_handler(signal_value: int, frame: FrameType | None) -> None:
    """Do nothing: the byte is in the pipe already."""


def s_catch_signals(fd: int) -> None:
    """Let SIGINT and SIGTERM write to a pipe, as a handler in C would do.

    A handler in Python runs between two steps of Python, which may be too late.
    """
    signal.set_wakeup_fd(fd, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, s_signal_handler)
    signal.signal(signal.SIGTERM, s_signal_handler)


def main(bind: str = "tcp://*:5555") -> int:
    pipefds = os.pipe()
    os.set_blocking(pipefds[0], False)
    os.set_blocking(pipefds[1], False)
    s_catch_signals(pipefds[1])

    context = zmq_ctx_new()
    socket = zmq_socket(context, ZMQ_REP)
    rc = zmq_bind(socket, bind)
    assert rc == 0
    print("Waiting for requests, or for a signal")

    items = [
        zmq_pollitem_t(None, pipefds[0], ZMQ_POLLIN, 0),
        zmq_pollitem_t(socket, 0, ZMQ_POLLIN, 0),
    ]
    while True:
        rc = zmq_poll(items, 2, -1)
        if rc == -1:
            if zmq_errno() == EINTR:
                continue
            print(f"zmq_poll failed: {zmq_strerror(zmq_errno())}")
            return 1
        if items[0].revents & ZMQ_POLLIN:
            os.read(pipefds[0], 1)
            print("W: interrupt received, ending")
            break
        if items[1].revents & ZMQ_POLLIN:
            buffer = bytearray(255)
            size = zmq_recv(socket, buffer, 255, ZMQ_DONTWAIT)
            if size != -1:
                print(f"Received request: {s_show(buffer[: min(size, 255)])}")

    linger = c_int(0)
    zmq_setsockopt(socket, ZMQ_LINGER, linger, sizeof(linger))
    zmq_close(socket)
    zmq_ctx_destroy(context)
    print("W: all is closed")
    return 0


if __name__ == "__main__":
    run(main)
