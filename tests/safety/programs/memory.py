"""What is only seen from outside, or in a process of its own: references, threads, growth."""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from prelude import eventually, main, say

import zmqlite as zmq

context = zmq.Context(linger=0)


def references() -> None:
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    push.connect(pull.bind("tcp://127.0.0.1:*"))
    before = sys.getrefcount(False), sys.getrefcount(None)
    for _ in range(1000):
        push.send(b"frame")
        push.send_multipart([b"frame"])
        assert pull.recv()
        assert pull.recv_multipart()
        assert pull.poll(0) == 0
    after = sys.getrefcount(False), sys.getrefcount(None)
    say(all(abs(now - then) < 500 for now, then in zip(after, before, strict=True)))


def names() -> set[str]:
    found = set()
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm") as comm:
            found.add(comm.read().strip())
    return found


def threads() -> None:
    before = names()
    a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
    b.connect(a.bind("tcp://127.0.0.1:*"))
    for _ in range(10):
        a.send(bytes(100_000))
        b.recv()
    eventually(lambda: names() - before == {"ZMQbg/IO/0", "ZMQbg/Reaper"})
    say(threading.active_count(), len(os.listdir("/proc/self/task")))


def resident() -> int:
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def refuse(*calls: Callable[[], object]) -> None:
    for call in calls:
        with suppress(zmq.ZMQError, TypeError):
            call()
            raise AssertionError("was not refused")


def growth(most: str) -> None:
    a, b, alone = (context.socket(kind) for kind in (zmq.PUSH, zmq.PULL, zmq.PUSH))
    b.connect(a.bind("inproc://flat"))
    c = context.socket(zmq.PULL)
    other = c.bind("inproc://other")
    a.bind("tcp://127.0.0.1:*")
    poller = zmq.Poller()
    poller.register(b, zmq.POLLIN)
    long, into = bytes(70_000), bytearray(10)
    text: Any = "x"

    def batches() -> None:
        a.send_many([b"xyz"] * 1000)
        for _ in range(4):
            b.recv_many(250)

    def options() -> None:
        a.linger = 0
        assert (a.linger, b.events, a.last_endpoint) is not None

    def sockets() -> None:
        with context.socket(zmq.PUSH) as socket:
            socket.connect(other)
        assert c.events >= 0

    def monitored() -> None:
        with context.socket(zmq.PULL) as socket, socket.monitor():
            socket.bind("tcp://127.0.0.1:*")

    def contexts() -> None:
        with zmq.Context() as made:
            made.socket(zmq.PUSH).close()

    kinds: dict[str, tuple[int, list[Callable[[], object]]]] = {
        "small": (200_000, [lambda: a.send(b"x"), b.recv]),
        "multipart": (100_000, [lambda: a.send_multipart([b"x", b"", b"yyyy"]), b.recv_multipart]),
        "frames": (50_000, [lambda: a.send(b"x", 2), lambda: a.send(b"y"), b.recv, b.recv]),
        "long": (20_000, [lambda: a.send(long), b.recv]),
        "many frames": (2_000, [lambda: a.send_multipart([b"x"] * 100 + [long]), b.recv_multipart]),
        "Message": (30_000, [lambda: a.send(zmq.Message(long)), lambda: b.recv_message().data[:5]]),
        "batches": (200, [batches]),
        "text": (50_000, [lambda: a.send_string("x"), b.recv_string]),
        "buffers": (50_000, [lambda: a.send(b"x"), lambda: b.recv_into(into)]),
        "refused": (30_000, [lambda: refuse(lambda: b.recv(1), lambda: b.recv(timeout=0))]),
        "refused long": (20_000, [lambda: refuse(lambda: alone.send_multipart([long, b""], 1))]),
        "refused types": (30_000, [lambda: refuse(lambda: a.send(text), a.recv)]),
        "polls": (50_000, [lambda: b.poll(0), lambda: poller.poll(0)]),
        "options": (50_000, [options]),
        "sockets": (2_000, [sockets]),
        "monitored sockets": (500, [monitored]),
        "contexts": (200, [contexts]),
        "keys": (500, [lambda: zmq.z85_decode(zmq.z85_encode(bytes(32)))]),
    }

    def repeat(count: int, calls: list[Callable[[], object]]) -> None:
        for _ in range(count):
            for call in calls:
                call()

    grown = {}
    for kind, (count, calls) in kinds.items():
        repeat(count // 4, calls)
        for _ in range(3):  # a leak grows each time; a queue for the reaper does not
            before = resident()
            repeat(count, calls)
            grown[kind] = resident() - before
            if grown[kind] <= int(most):
                break
    say(json.dumps(grown))


if __name__ == "__main__":
    main(globals())
