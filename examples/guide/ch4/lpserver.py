"""Lazy Pirate, the server: answer each request with the same, slowly, and fail now and then (REP).

The first three requests go well. After that one in three ends the program without a reply, as a
crash does, and one in three of the others makes it stall. `--crash 0 --stall 0` is a server that
never fails, `--reliable 0 --crash 1` one that fails at once.

    python -m examples.guide.ch4.lpserver
    python -m examples.guide.ch4.lpclient
"""

import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import shown
from .failures import Failures


def main(
    bind: str = "tcp://*:5555",
    work: int = 1000,
    reliable: int = 3,
    crash: int = 3,
    stall: int = 3,
    stall_time: int = 2000,
    seed: int = 0,
) -> None:
    failures = Failures(reliable, crash, stall, stall_time, seed)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        print("bound", socket.bind(bind))
        while True:
            request = socket.recv_multipart()
            failures.maybe()
            print("request:", *map(shown, request))
            time.sleep(work / 1000)
            socket.send_multipart(request)


if __name__ == "__main__":
    run(main)
