"""End on Ctrl-C or SIGTERM, but only between two messages: a signal is one more thing to poll.

A signal becomes a byte in a pipe, at whatever moment it comes, and is seen when the work at hand is
done. Programs that may be stopped anywhere need none of this: KeyboardInterrupt ends every wait of
a socket, and `with` closes what was opened. This server only reports requests:

    python -m examples.guide.ch2.interrupt
    python -m examples.guide.ch1.hwclient
"""

import contextlib
import os
import signal
from collections.abc import Iterator

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown


@contextlib.contextmanager
def signals() -> Iterator[int]:
    """Have SIGINT and SIGTERM do nothing but make a descriptor readable."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(-1)
        os.close(reader)
        os.close(writer)


def main(bind: str = "tcp://*:5555") -> None:
    with (
        signals() as interrupted,
        zmq.Context(linger=0) as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        poller = zmq.Poller()
        poller.register(interrupted, zmq.POLLIN)
        poller.register(socket, zmq.POLLIN)
        print("Waiting for requests, or for a signal")
        while interrupted not in (ready := dict(poller.poll())):
            if socket in ready:
                print("Received request:", shown(socket.recv()))
        print("W: interrupt received, ending")
    print("W: all is closed")


if __name__ == "__main__":
    run(main)
