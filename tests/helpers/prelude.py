"""What the programs that tests run share: words, waits, children, and an endpoint nowhere."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import zmqlite as zmq

kept: list[object] = []
"""What lives as long as the program."""


def nowhere() -> str:
    """An endpoint that refuses every connection, for as long as the process lives."""
    hole = socket.socket()
    hole.bind(("127.0.0.1", 0))
    kept.append(hole)
    return f"tcp://127.0.0.1:{hole.getsockname()[1]}"


def undeliverable(context: zmq.Context, endpoint: str | None = None) -> zmq.Socket:
    """A socket with a message that nobody takes."""
    pusher = context.socket(zmq.PUSH)
    pusher.connect(endpoint or nowhere())
    pusher.send(b"x")
    return pusher


def say(*words: object) -> None:
    print(*words, flush=True)


def inside(socket: zmq.Socket) -> bool:
    """Whether a call into the socket is under way."""
    return repr(socket).startswith("<busy ")


def eventually(condition: Callable[[], object], deadline: float = 10.0) -> None:
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, "never happened"
        time.sleep(0.001)


def in_thread(work: Callable[..., object], *arguments: object) -> threading.Thread:
    """Start something in a thread of its own."""
    thread = threading.Thread(target=work, args=arguments)
    thread.start()
    return thread


def fork(work: Callable[[], object]) -> int:
    """Run something in a child process; its exit code."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            work()
            code = 0
        except BaseException as error:
            say("child:", repr(error))
        finally:
            os._exit(code)
    return ended(child)


def ended(child: int) -> int:
    """Wait for a child process; its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(names: dict[str, Any]) -> None:
    """Call the function of the program that the command line names, with the other arguments."""
    # A program that a shell starts in the background ignores it, and so do its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # Python 3.12 warns of fork() where there are threads, which a context's are.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    names[sys.argv[1]](*sys.argv[2:])
