"""Receives in a storm of signals. Each form is one attempt, which alone is in the storm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import proto

from .program import Sequence
from .signals_support import END, LONG, Faults, Interrupted, Storm, content, number_in, pair, parts


class Consumer:
    """What a form received, looked at message by message."""

    def __init__(self, storm: Storm, socket: zmq.Socket, limit: float) -> None:
        self.storm = storm
        self.socket = socket
        self.limit = limit  # when to stop
        self.typed = proto.TypedSocket(socket, BytesValue)
        self.buffer = bytearray(len(LONG) + 10)
        self.seen = Sequence()
        self.torn = 0
        self.ended = False

    def note(self, got: Any) -> None:
        """Look at one result of any form: bytes, text, a size, frames, messages, a Message."""
        self.storm.in_a_row = 0
        for frame in self.frames(got):
            if frame.startswith(END):
                self.ended = True
            elif (number := number_in(frame)) < 0:
                self.torn += 1
            else:
                self.seen.add(number)

    def frames(self, got: Any) -> list[bytes]:
        if isinstance(got, int):
            return [bytes(self.buffer[:got])]
        if isinstance(got, str):
            return [got.encode()]
        if isinstance(got, BytesValue):
            return [got.value]
        if isinstance(got, list):
            return got
        return [bytes(got)]


class MultipartConsumer(Consumer):
    """The same for messages of three frames."""

    def note(self, got: Any) -> None:
        self.storm.in_a_row = 0
        if got[0].startswith(END):
            self.ended = True
        elif got == parts(int(got[0])):
            self.seen.add(int(got[0]))
        else:
            self.torn += 1


Attempt = Callable[[Consumer], None]


def once(receive: Callable[[Consumer], Any]) -> Attempt:
    """One call, whose value is returned and stored."""

    def attempt(consumer: Consumer) -> None:
        storm = consumer.storm
        try:
            storm.armed = True
            got = receive(consumer)
            storm.armed = False
        except (zmq.Again, zmq.SocketBusy):
            storm.armed = False
            return
        consumer.note(got)

    return attempt


def iterate(messages: Callable[[zmq.Socket], Iterable[Any]]) -> Attempt:
    """Iterate until the end, or until the time is over."""

    def attempt(consumer: Consumer) -> None:
        storm = consumer.storm
        storm.armed = True
        for got in messages(consumer.socket):
            storm.armed = False
            consumer.note(got)
            if consumer.ended or time.monotonic() > consumer.limit:
                return
            storm.armed = True

    return attempt


def head_then_rest(consumer: Consumer) -> None:
    """The first frame in the storm, the others without."""
    storm = consumer.storm
    try:
        storm.armed = True
        head = consumer.socket.recv()
        storm.armed = False
    except zmq.SocketBusy:
        storm.armed = False
        return
    receive, storm.receive = storm.receive, None
    rest = consumer.socket.recv_multipart()
    storm.receive = receive
    consumer.note([head, *rest])


SINGLE: dict[str, Attempt] = {
    "recv": once(lambda c: c.socket.recv()),
    "recv_dontwait": once(lambda c: c.socket.recv(zmq.DONTWAIT)),
    "recv_timeout": once(lambda c: c.socket.recv(timeout=1000)),
    "recv_string": once(lambda c: c.socket.recv_string()),
    "recv_into": once(lambda c: c.socket.recv_into(c.buffer)),
    "recv_message": once(lambda c: c.socket.recv_message()),
    "recv_many": once(lambda c: c.socket.recv_many()),
    "recv_many_limit": once(lambda c: c.socket.recv_many(3, timeout=1000)),
    "iterate": iterate(lambda socket: socket),
    "typed_recv": once(lambda c: c.typed.recv()),
}
MULTIPART: dict[str, Attempt] = {
    "recv_multipart": once(lambda c: c.socket.recv_multipart()),
    "recv_multipart_dontwait": once(lambda c: c.socket.recv_multipart(zmq.DONTWAIT)),
    "recv_multipart_timeout": once(lambda c: c.socket.recv_multipart(timeout=1000)),
    "recv_head": head_then_rest,
    "iter_multipart": iterate(zmq.Socket.iter_multipart),
}

RECEIVES = {**SINGLE, **MULTIPART}
# Not refused by a handler that takes frames out of the middle of a message.
NOT_SERVED = {"recv_head", "typed_recv"}


class Feeder(threading.Thread):
    """Sends consecutive numbers until it is told to stop, then the end until somebody saw it."""

    def __init__(self, socket: zmq.Socket, form: str) -> None:
        super().__init__(daemon=True)
        self.socket = socket
        self.form = form
        self.sent = 0
        self.stop = self.seen = False

    def run(self) -> None:
        while not self.stop:
            self.send([*range(self.sent, self.sent + 50)])
            self.sent += 50
        while not self.seen:
            try:
                self.send_end()
            except zmq.Again:
                time.sleep(0.001)

    def send(self, numbers: list[int]) -> None:
        if self.form in MULTIPART:
            for number in numbers:
                self.socket.send_multipart(parts(number))
        elif self.form.startswith("typed"):
            for number in numbers:
                self.socket.send(BytesValue(value=content(number)).SerializeToString())
        else:
            self.socket.send_many(list(map(content, numbers)))

    def send_end(self) -> None:
        end = BytesValue(value=END).SerializeToString() if self.form.startswith("typed") else END
        if self.form in MULTIPART:
            self.socket.send_multipart([END, END], zmq.DONTWAIT)
        else:
            self.socket.send(end, zmq.DONTWAIT)


def attack_receive(
    form: str, attempt: Attempt, storm: Storm, faults: Faults, mode: str, seconds: float, via: str
) -> int:
    """Receive in one form for some seconds; how many messages came."""
    with zmq.Context(linger=0) as context:
        receiver, sender = pair(context, via)
        limit = time.monotonic() + seconds
        consumer = (MultipartConsumer if form in MULTIPART else Consumer)(storm, receiver, limit)
        feeder = Feeder(sender, form)
        if mode != "raise":
            serve = receiver.recv_multipart if form in MULTIPART else receiver.recv
            storm.receive = lambda: serve(zmq.DONTWAIT)
        feeder.start()
        masked = 0
        storm.begin()
        while not consumer.ended:
            # Around a loop of its own: CPython 3.13 and newer run some handlers outside the `try`
            # at the end of a loop's body.
            try:
                attempt(consumer)
            except Interrupted:
                pass
            except proto.DecodeError as error:
                if not isinstance(error.__cause__, Interrupted):
                    raise
                masked += 1
            while storm.served:
                consumer.note(storm.served.pop(0))
            feeder.stop = time.monotonic() > limit
        storm.end()
        storm.receive = None
        feeder.seen = True
        feeder.join()
        while storm.served:
            consumer.note(storm.served.pop(0))
        lost = 0 if form.startswith("typed") else consumer.seen.lost(feeder.sent)
        reordered = consumer.seen.reordered if mode == "raise" and not lost else 0
        if form.startswith("typed"):
            reordered = 0  # a gap where one was lost
        faults.add(
            form,
            lost=lost,
            doubled=consumer.seen.doubled,
            torn=consumer.torn,
            reordered=reordered,
            masked=masked,
        )
    return feeder.sent
