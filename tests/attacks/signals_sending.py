"""Sends in a storm of signals.

Every attempt has a number of its own, also where it repeats one that was interrupted. One that
returned has to arrive, once and in order; one that was interrupted at most once, whole.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import proto

from .signals_support import END, Faults, Interrupted, Storm, content, number_in, pair, parts

Send = Callable[[zmq.Socket, "proto.TypedSocket[Any, Any]", int], int]
"""Send the message of that number, and those after it if the form sends several; how many."""

BATCH = 20


def single(send: Callable[[zmq.Socket, Any, int], object]) -> Send:
    def call(socket: zmq.Socket, typed: Any, number: int) -> int:
        send(socket, typed, number)
        return 1

    return call


SENDS: dict[str, Send] = {
    "send": single(lambda s, t, n: s.send(content(n))),
    "send_dontwait": single(lambda s, t, n: s.send(content(n), zmq.DONTWAIT)),
    "send_timeout": single(lambda s, t, n: s.send(content(n), timeout=1000)),
    "send_bytearray": single(lambda s, t, n: s.send(bytearray(content(n)))),
    "send_string": single(lambda s, t, n: s.send_string(content(n).decode())),
    "send_message": single(lambda s, t, n: s.send(zmq.Message(content(n)))),
    "send_multipart": single(lambda s, t, n: s.send_multipart(parts(n))),
    "send_multipart_timeout": single(lambda s, t, n: s.send_multipart(parts(n), timeout=1000)),
    "send_many": lambda s, t, n: s.send_many(list(map(content, range(n, n + BATCH)))),
    "typed_send": single(lambda s, t, n: t.send(BytesValue(value=content(n)))),
}


class Collector(threading.Thread):
    """Receives whole messages until the end comes; checks that none is torn or comes twice."""

    def __init__(self, socket: zmq.Socket, form: str) -> None:
        super().__init__(daemon=True)
        self.socket = socket
        self.form = form
        self.numbers: list[int] = []
        self.torn = 0

    def run(self) -> None:
        while (frames := self.socket.recv_multipart())[-1] != END:
            number = self.number_of(frames)
            if number < 0:
                self.torn += 1
            else:
                self.numbers.append(number)

    def number_of(self, frames: list[bytes]) -> int:
        if self.form.startswith("send_multipart"):
            number = int(frames[0])
            return number if frames == parts(number) else -1
        if len(frames) != 1:
            return -1
        typed = self.form.startswith("typed")
        return number_in(BytesValue.FromString(frames[0]).value if typed else frames[0])


def attack_send(form: str, storm: Storm, faults: Faults, seconds: float, via: str) -> int:
    """Send in one form for some seconds; how many messages were sent for certain."""
    send = SENDS[form]
    certain: list[range] = []
    with zmq.Context(linger=0) as context:
        receiver, sender = pair(context, via)
        typed = proto.TypedSocket(sender, BytesValue)
        collector = Collector(receiver, form)
        collector.start()
        limit, number = time.monotonic() + seconds, 0
        storm.begin()
        while time.monotonic() < limit:
            try:
                storm.armed = True
                sent = send(sender, typed, number)
                storm.armed = False
                certain.append(range(number, number + sent))
                storm.in_a_row = 0
            except (Interrupted, zmq.Again):
                storm.armed = False
            number += BATCH
        storm.end()
        sender.send(END)
        collector.join()
    arrived = set(collector.numbers)
    expected = {each for numbers in certain for each in numbers}
    faults.add(
        form,
        lost=len(expected - arrived),
        doubled=len(collector.numbers) - len(arrived),
        torn=collector.torn,
        reordered=int(collector.numbers != sorted(collector.numbers)),
    )
    return len(expected)


class FrameCollector(threading.Thread):
    """Receives frames, and whether more follow each."""

    def __init__(self, socket: zmq.Socket) -> None:
        super().__init__(daemon=True)
        self.socket = socket
        self.frames: list[tuple[bytes, bool]] = []

    def run(self) -> None:
        while (frame := bytes(message := self.socket.recv_message())) != END:
            self.frames.append((frame, message.more))


def attack_pairs(storm: Storm, faults: Faults, seconds: float, via: str) -> int:
    """Send pairs with SNDMORE, and repeat a frame that was interrupted, with a new number.

    So frames arrive that nobody knows to have been sent, but each once, in order, and with the
    flag that it was sent with.
    """
    certain = []
    with zmq.Context(linger=0) as context:
        receiver, sender = pair(context, via)
        collector = FrameCollector(receiver)
        collector.start()
        limit, number, more = time.monotonic() + seconds, 0, True
        storm.begin()
        while time.monotonic() < limit or not more:
            frame, flags = (b"M%d" if more else b"E%d") % number, zmq.SNDMORE if more else 0
            number += 1
            try:
                storm.armed = True
                sender.send(frame, flags)
                storm.armed = False
            except Interrupted:
                continue
            certain.append(frame)
            storm.in_a_row = 0
            more = not more
        storm.end()
        sender.send(END)
        collector.join()
    frames = [frame for frame, _ in collector.frames]
    numbers = [int(frame[1:]) for frame in frames]
    faults.add(
        "send_pairs",
        lost=len(set(certain) - set(frames)),
        doubled=len(frames) - len(set(frames)),
        torn=sum(more != frame.startswith(b"M") for frame, more in collector.frames),
        reordered=int(numbers != sorted(numbers)),
    )
    return len(certain) // 2
