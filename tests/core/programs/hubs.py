"""Hubs in forked children and at the end of the program, and what they log."""

from __future__ import annotations

import io
import os
import sys
import time

from prelude import fork, kept, main, say

import zmqlite as zmq


def forked() -> None:
    context = zmq.Context(linger=0)
    server = context.socket(zmq.PULL)
    monitor = context.monitor()
    server.bind("tcp://127.0.0.1:*")

    def child() -> None:
        for call in (server.statistics, context.monitor, monitor.recv):
            try:
                call()
            except zmq.ForkedProcess:
                continue
            raise AssertionError(call)
        monitor.close()
        server.close()
        context.term()
        with zmq.Context(linger=0) as own, own.socket(zmq.PULL) as mine, mine.monitor() as events:
            mine.bind("tcp://127.0.0.1:*")
            assert events.recv(timeout=5000).event is zmq.MonitorEvent.LISTENING

    assert fork(child) == 0
    assert monitor.recv(timeout=5000).event is zmq.MonitorEvent.LISTENING


def left_running() -> None:
    context = zmq.Context()
    server = context.socket(zmq.PULL)
    monitor = context.monitor()
    kept.extend([server, monitor])
    monitor.call(lambda event: None)
    server.bind("tcp://127.0.0.1:*")


def logged(level: str) -> None:
    """What comes to stderr of a server, where ZMQLITE_LOG is set; until it accepts peers."""
    sys.stderr = lines = io.StringIO()
    with zmq.Context(linger=0) as context, context.socket(zmq.PULL) as server:
        server.bind("tcp://127.0.0.1:*")
        end = time.monotonic() + 10
        while level == "debug" and "accepts peers" not in lines.getvalue():
            assert time.monotonic() < end
            time.sleep(0.001)
    say(lines.getvalue())


if __name__ == "__main__":
    if sys.argv[1] == "logged":
        os.environ["ZMQLITE_LOG"] = sys.argv[2]
    main(globals())
