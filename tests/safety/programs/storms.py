"""Sending, receiving, waiting and ending in a storm of signals."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from prelude import in_thread, main, undeliverable
from signal_storm import (
    SECONDS,
    Interrupted,
    calm,
    context,
    fire,
    found,
    lasts,
    message,
    pair,
    raises,
    returns,
    storm,
    whole,
)

import zmqlite as zmq

END = message(-1)


class Flood:
    """A thread that sends numbered messages until it is stopped, and one that is the last."""

    def __init__(self, send: Callable[[int], object]) -> None:
        self.sent = 0
        self._send = send
        self._stop = threading.Event()
        self.thread = in_thread(self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._send(self.sent)
            self.sent += 1
        self._send(-1)

    def stop_after(self, start: float, done: int, enough: int, seconds: float = SECONDS) -> None:
        if not lasts(start, done, enough, seconds):
            self._stop.set()

    def numbers(self) -> list[int]:
        """What has to arrive; the storm is over."""
        calm()
        self.thread.join()
        return [*range(self.sent), -1]


def receive_all(receiver: zmq.Socket, into: list[list[bytes]]) -> None:
    while not into or into[-1] != END:
        into.append(receiver.recv_multipart())


def send_all(sender: zmq.Socket, messages: list[list[bytes]]) -> None:
    for each in messages:
        sender.send_multipart(each)


def both_directions() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    got: list[list[bytes]] = []
    other = in_thread(receive_all, receiver, got)
    storm(returns)
    start, sent = time.monotonic(), 0
    while lasts(start, sent):
        sender.send_multipart(message(sent))
        sent += 1
    sender.send_multipart(END)
    calm()
    other.join()
    expected = [*(message(number) for number in range(sent)), END]
    there = got == expected
    # Now the storm is on the receiving side, since only the main thread gets signals here.
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    other = in_thread(send_all, sender, expected)
    storm(returns)
    got = []
    receive_all(receiver, got)
    other.join()
    found(sent=sent, there=there, back=got == expected)


def receive(form: str, error: str = "") -> None:
    """A receive of whole messages, or of a first frame under fire and the rest in peace."""
    seconds = 2 * SECONDS if form == "blocking" else SECONDS
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    if error:
        fire.error = zmq.SocketBusy(16, "mine")
    got: list[list[bytes]] = []
    flood = Flood(lambda number: sender.send_multipart(message(number)))
    storm(raises)
    start = time.monotonic()
    while not got or got[-1][0] != b"-1":
        try:
            fire.armed = True
            if form == "blocking":
                got.append(receiver.recv_multipart())
            elif form == "with a timeout":
                got.append(receiver.recv_multipart(timeout=20_000))
            else:
                head = receiver.recv_message() if form == "Message" else receiver.recv()
                fire.armed = False
                got.append([bytes(head), *receiver.recv_multipart()])
            fire.armed = False
        except (Interrupted, zmq.SocketBusy):
            pass
        flood.stop_after(start, fire.raised, 30, seconds)
    numbers = flood.numbers()
    found(all=[int(frames[0]) for frames in got] == numbers, whole=all(map(whole, got)))


def receive_frame(form: str, length: str) -> None:
    """A receive of messages of one frame, in the form of a method's name."""
    sender, receiver = pair(zmq.PUSH, zmq.PULL, hwm=1000, transport="inproc://storm")
    buffer = bytearray(int(length) + 10)
    padding = bytes(int(length))
    got: list[int] = []
    new: int | str | bytes | list[bytes]

    def note() -> None:
        frames = buffer if isinstance(new, int) else new
        got.extend(int(each[:10]) for each in (frames if isinstance(frames, list) else [frames]))

    flood = Flood(lambda number: sender.send(b"%010d" % number + padding))
    storm(raises)
    start = time.monotonic()
    while not got or got[-1] != -1:
        # Called by name: a call through a variable runs handlers before its value is stored.
        try:
            fire.armed = True
            if form == "recv":
                new = receiver.recv()
            elif form == "recv_string":
                new = receiver.recv_string()
            elif form == "recv_many":
                new = receiver.recv_many()
            else:
                new = receiver.recv_into(buffer)
            fire.armed = False
        except Interrupted:
            continue
        note()
        flood.stop_after(start, fire.raised, 30)
    numbers = flood.numbers()
    found(all=got == numbers)


def send() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    got: list[list[bytes]] = []
    other = in_thread(receive_all, receiver, got)
    storm(raises)
    start, number = time.monotonic(), 0
    certain: set[int] = set()
    while lasts(start, min(fire.raised, len(certain) - 70), 30):
        try:
            fire.armed = True
            sender.send_multipart(message(number))
            fire.armed = False
            certain.add(number)
        except Interrupted:
            pass
        number += 1
    calm()
    sender.send_multipart(END)
    other.join()
    numbers = [int(frames[0]) for frames in got[:-1]]
    found(
        whole=all(map(whole, got)),
        order=numbers == sorted(set(numbers)),
        certain=certain <= set(numbers),
        sent=len(certain),
    )


def handler_that_receives() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    served: list[list[bytes]] = []
    got: list[list[bytes]] = []

    def handler(*_: object) -> None:
        fire.signals += 1
        with suppress(zmq.SocketBusy, zmq.Again):
            served.append(receiver.recv_multipart(zmq.DONTWAIT))

    flood = Flood(lambda number: sender.send_multipart(message(number)))
    storm(handler)
    start = time.monotonic()
    while not any(int(frames[0]) == -1 for frames in (*got[-1:], *served[-1:])):
        with suppress(zmq.Timeout):
            got.append(receiver.recv_multipart(timeout=100))
        flood.stop_after(start, len(served), 0)
    numbers = flood.numbers()
    got += served
    found(
        all=sorted(int(frames[0]) for frames in got) == sorted(numbers),
        whole=all(map(whole, got)),
        served=len(served),
    )


def many_frames() -> None:
    frames = [b"%d" % number for number in range(4_000)]
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport="inproc://many")
    storm(returns, 0.0001)
    start = time.monotonic()
    sent = broken = 0
    while lasts(start, sent, 3, 2 * SECONDS):
        sender.send_multipart(frames)
        broken += receiver.recv_multipart(timeout=10_000) != frames
        sent += 1
    found(sent=sent, broken=broken)


def proxy(front_type: str, back_type: str, producer: str, consumer: str) -> None:
    kinds = zmq.SocketType
    front = context.socket(kinds[front_type], rcvhwm=3)
    back, capture = context.socket(kinds[back_type], sndhwm=3), context.socket(zmq.PUSH, sndhwm=3)
    if back.type is zmq.XPUB:
        back.xpub_nodrop = True
    entry = front.bind("tcp://127.0.0.1:*")
    way_out, copies = back.bind("tcp://127.0.0.1:*"), capture.bind("tcp://127.0.0.1:*")
    got: list[list[bytes]] = []
    copied: list[list[bytes]] = []

    def produce() -> None:
        with zmq.Context() as own, own.socket(kinds[producer], sndhwm=3) as s:
            s.connect(entry)
            if s.type is zmq.DEALER:
                assert s.recv(timeout=10_000) == b"\1"  # the subscription, that came through
            start, number = time.monotonic(), 0
            while lasts(start, number, 100, 1.5 * SECONDS):
                s.send_multipart(message(number))
                number += 1
            s.send_multipart(END)

    def consume(kind: zmq.SocketType, endpoint: str, into: list[list[bytes]]) -> None:
        with zmq.Context() as own, own.socket(kind, rcvhwm=3, rcvbuf=4096) as s:
            if kind is zmq.SUB:
                s.subscribe(b"")
            s.connect(endpoint)
            while not into or into[-1] != END:
                into.append(s.recv_multipart())
                time.sleep(0.0005)  # slower than the producer

    threads = [
        in_thread(produce),
        in_thread(consume, kinds[consumer], way_out, got),
        in_thread(consume, zmq.PULL, copies, copied),
    ]

    def finish() -> None:
        for each in threads:
            each.join()
        context.shutdown()

    in_thread(finish)
    storm(returns)
    zmq.proxy(front, back, capture)
    calm()
    passed = len(got) - 1
    found(
        passed=passed,
        order=got == [*(message(number) for number in range(passed)), END],
        copied=[each for each in copied if each != [b"\1"]] == got,
    )


TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""


def timeouts() -> None:
    idle = context.socket(zmq.PULL, rcvtimeo=300)
    full = context.socket(zmq.PUSH, sndtimeo=300)
    poller = zmq.Poller()
    poller.register(idle, zmq.POLLIN)
    calls: dict[str, Callable[[], object]] = {
        "recv": lambda: idle.recv(timeout=300),
        "recv_multipart with rcvtimeo": idle.recv_multipart,
        "send_multipart": lambda: full.send_multipart([b"x", b"y"], timeout=300),
        "send with sndtimeo": lambda: full.send(b"x"),
        "poll": lambda: idle.poll(300),
        "Poller.poll": lambda: poller.poll(300),
        "an empty Poller": lambda: zmq.Poller().poll(300),
    }
    took = {}
    storm(returns)
    for name, call in calls.items():
        for _ in range(TRIES):
            start = time.monotonic()
            with suppress(zmq.Timeout):
                call()
            took[name] = time.monotonic() - start
            if took[name] < 0.5:
                break
    found(took=took)


def bind_connect_and_monitor() -> None:
    storm(returns, 0.0001)
    start = time.monotonic()
    rounds = 0
    while lasts(start, rounds):
        with context.socket(zmq.PULL) as a, context.socket(zmq.PUSH) as b, a.monitor() as monitor:
            endpoint = a.bind("tcp://127.0.0.1:*")
            b.connect(endpoint)
            b.send(b"x")
            assert a.recv(timeout=10_000) == b"x"
            b.disconnect(endpoint)
            a.unbind(endpoint)
            while monitor.socket.poll(0):
                monitor.recv(zmq.DONTWAIT)
            rounds += 1
    found(rounds=rounds)


def handler_that_uses_another_socket() -> None:
    other = context.socket(zmq.PULL)

    def handler(*_: object) -> None:
        fire.signals += 1
        with suppress(zmq.Again):
            other.recv(zmq.DONTWAIT)

    ending = zmq.Context(linger=1000)
    _pusher = undeliverable(ending)
    storm(handler)
    start = time.monotonic()
    ending.term()
    found(took=time.monotonic() - start, closed=ending.closed)


def ends_of_contexts() -> None:
    stuck = 0
    sys.unraisablehook = lambda _: None  # what a handler raises inside a finaliser
    for number in range(1500):
        ending = zmq.Context(linger=0)
        storm(raises, 0.00005 + number % 400 * 0.000002)
        try:
            fire.armed = True
            pusher = ending.socket(zmq.PUSH)
            pusher.send(b"x", zmq.DONTWAIT)
        except (zmq.Again, Interrupted):
            pass
        try:
            ending.term()
            fire.armed = False
        except Interrupted:
            pass
        fire.armed = False
        start = time.monotonic()
        ending.term()
        stuck += time.monotonic() - start > 1 or not ending.closed
    found(stuck=stuck)


def memory_let_go() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, hwm=10, transport="inproc://memory")
    lost: list[str] = []
    sys.unraisablehook = lambda what: lost.append(repr(what.exc_value))
    long = bytes(70_000)
    storm(raises)
    start = time.monotonic()
    while lasts(start, fire.raised, 30):
        try:
            fire.armed = True
            sender.send(long)
            len(receiver.recv_message().data)
            fire.armed = False
        except Interrupted:
            while receiver.poll(0):
                receiver.recv()
    found(lost=lost[:3])


if __name__ == "__main__":
    main(globals())
