"""Four threads at one socket that do something until it was refused and done often enough."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable

from prelude import main, say

import zmqlite as zmq

sys.setswitchinterval(1e-5)

ENOUGH = 100  # refusals, and messages of each thread, after which it is proven
LIMIT = 4.0  # seconds
Work = Callable[[int, int], object]

context = zmq.Context(linger=0)
start = time.monotonic()
refused = [0] * 4
failed: list[str] = []


def in_threads(*works: Work) -> list[threading.Thread]:
    def run(index: int, work: Work) -> None:
        count = 0
        try:
            while time.monotonic() - start < LIMIT and min(sum(refused), count) < ENOUGH:
                try:
                    work(index, count)
                    count += 1
                except zmq.SocketBusy:
                    refused[index] += 1
        except BaseException as error:
            failed.append(repr(error))

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for each in threads:
        each.start()
    return threads


def end(threads: list[threading.Thread], **found: object) -> None:
    for each in threads:
        each.join()
    say(json.dumps({"refused": sum(refused), "failed": failed, **found}))


def pair(a: zmq.SocketType, b: zmq.SocketType, hwm: int = 0) -> tuple[zmq.Socket, zmq.Socket]:
    sockets = context.socket(a, sndhwm=hwm, rcvhwm=hwm), context.socket(b, sndhwm=hwm, rcvhwm=hwm)
    sockets[1].connect(sockets[0].bind("tcp://127.0.0.1:*"))
    return sockets


def sending(form: str) -> None:
    s, receiver = pair(zmq.PUSH, zmq.PULL, 10)  # who waits for room is inside
    sent: list[list[int]] = [[], [], [], []]
    got: list[list[int]] = [[], [], [], []]

    def work(index: int, count: int) -> None:
        if form == "send":
            s.send(b"%d %d" % (index, count))
        elif form == "send_many":
            s.send_many([b"%d %d" % (index, count)])
        else:
            s.send_multipart([b"%d" % index, b"", b"%d" % count, bytes(int(form))])
        sent[index].append(count)

    threads = in_threads(*[work] * 4)
    torn = 0
    while any(each.is_alive() for each in threads) or sum(map(len, got)) < sum(map(len, sent)):
        try:
            frames = receiver.recv_multipart(timeout=1000)
        except zmq.Timeout:
            break
        if len(frames) == 1:
            index, count = frames[0].split()
        else:
            index, empty, count, rest = frames
            torn += len(rest) % 1000 != 0 or empty != b""
        got[int(index)].append(int(count))
    s.send(b"still works")
    end(threads, arrived=got == sent, torn=torn, last=receiver.recv(timeout=5000).decode())


if __name__ == "__main__":
    main(globals())
