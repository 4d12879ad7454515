"""Four threads at one socket that do something until it was refused and done often enough."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

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


RECEIVES: dict[str, Callable[[zmq.Socket], list[bytes]]] = {
    "recv_multipart": lambda s: s.recv_multipart(timeout=20),
    "DONTWAIT": lambda s: s.recv_multipart(zmq.DONTWAIT),
    "recv_message": lambda s: [bytes(s.recv_message(timeout=20))],
    "recv_many": lambda s: s.recv_many(timeout=20),
}


def receiving(form: str) -> None:
    sender, s = pair(zmq.PUSH, zmq.PULL)
    frames = 1 if form in ("recv_many", "recv_message") else 3
    got: list[list[list[bytes]]] = [[], [], [], []]

    def work(index: int, count: int) -> None:
        with suppress(zmq.Again):
            got[index].append(RECEIVES[form](s))

    threads = in_threads(*[work] * 4)
    sent = 0
    while any(each.is_alive() for each in threads):
        for _ in range(100):
            sender.send_multipart([b"%d" % sent] * frames)
            sent += 1
        time.sleep(0.001)
    sender.send(b"%d" % sent)
    received = [message for each in got for message in each]
    torn = sum(len(message) != frames for message in received) if frames > 1 else 0
    numbers = [int(frame) for message in received for frame in message[::frames]]
    rest: list[int] = []
    while not rest or rest[-1] < sent:
        rest.append(int(s.recv_multipart(timeout=5000)[0]))
    end(
        threads,
        torn=torn,
        doubled=len(numbers) - len(set(numbers)),
        first=sorted(numbers) == list(range(len(numbers))),
        next=rest == list(range(len(numbers), sent + 1)),
    )


def different() -> None:
    s, other = pair(zmq.DEALER, zmq.DEALER)
    sent: list[int] = []
    got: list[list[bytes]] = []
    echoed: list[list[bytes]] = []
    poller = zmq.Poller()
    poller.register(s)

    def send(index: int, count: int) -> None:
        s.send_multipart([b"%d" % count, b"end"])
        sent.append(count)

    def receive(index: int, count: int) -> None:
        with suppress(zmq.Again):
            got.append(s.recv_multipart(timeout=5))

    def poll(index: int, count: int) -> None:
        poller.poll(1)

    def look(index: int, count: int) -> None:
        s.sndhwm = 0
        assert s.events >= 0
        assert s.rcvmore in (True, False)
        s.poll(0)

    threads = in_threads(send, receive, poll, look)
    while any(each.is_alive() for each in threads) or len(echoed) < len(sent):
        try:
            echoed.append(other.recv_multipart(timeout=1000))
            other.send_multipart(echoed[-1])
        except zmq.Timeout:
            break
    while len(got) < len(echoed):
        got.append(s.recv_multipart(timeout=5000))
    expected = [[b"%d" % count, b"end"] for count in sent]
    end(threads, there=echoed == expected, back=got == expected)


if __name__ == "__main__":
    main(globals())
