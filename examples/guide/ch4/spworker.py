"""Simple Pirate, the worker: say that it is ready, then answer requests, and fail at times (REQ).

What it receives is a client's routing id, an empty frame and the request; the reply goes the same
way back. The first three requests go well. After that one in five ends the program, as a crash
does, and one in five of the others makes it stall. `--crash 0 --stall 0` is a worker that never
fails.

    python -m examples.guide.ch4.spqueue
    python -m examples.guide.ch4.spworker
    python -m examples.guide.ch4.lpclient
"""

import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import set_id, shown
from .failures import Failures
from .spqueue import READY


def main(
    connect: str = "tcp://localhost:5556",
    work: int = 1000,
    reliable: int = 3,
    crash: int = 5,
    stall: int = 5,
    stall_time: int = 3000,
    seed: int = 0,
) -> None:
    failures = Failures(reliable, crash, stall, stall_time, seed)
    with zmq.Context(linger=0) as context, context.socket(zmq.REQ) as socket:
        set_id(socket)
        socket.connect(connect)
        socket.send(READY)
        while True:
            message = socket.recv_multipart()
            failures.maybe()
            print("request:", *map(shown, message[2:]))
            time.sleep(work / 1000)
            socket.send_multipart(message)


if __name__ == "__main__":
    run(main)
