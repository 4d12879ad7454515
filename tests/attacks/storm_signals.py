"""A timer signal whose handler raises, or receives itself, in every form of a receive and a send.

Counts messages that were lost, doubled, torn or out of order, and exceptions of the handler that
became errors about the message (masked). What is promised: a receive that an
exception ended has taken nothing, the next one gets that message; a send that an exception ended
was made whole or not at all. A typed message may be lost while it is parsed.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from google.protobuf.wrappers_pb2 import BytesValue

import zmqlite as zmq
from zmqlite import proto

from .program import Sequence, begin, end

INTERVAL = 0.00025  # seconds between two signals
END = b"end"
SHORT, LONG = b"." * 6, b"." * 100_000
EVERY = 200  # one message in so many is long


class Interrupted(Exception):
    """What the handler raises."""


class Storm:
    """The timer, and a handler that raises once each time that it was armed."""

    def __init__(self, mode: str) -> None:
        self.armed = False
        self.signals = self.raised = 0
        self._raises = mode != "receive"
        self.receive: Callable[[], object] | None = None  # for a handler that receives
        self.served: list[Any] = []
        signal.signal(signal.SIGALRM, self._handle)

    def begin(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

    def end(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.armed = False

    def _handle(self, *_: object) -> None:
        self.signals += 1
        if self.receive is not None:
            with contextlib.suppress(zmq.Again, zmq.SocketBusy):
                self.served.append(self.receive())
        if self.armed and self._raises:
            self.armed = False
            self.raised += 1
            raise Interrupted


class Faults:
    """What must not happen, over all forms."""

    def __init__(self) -> None:
        self.counts = {"lost": 0, "doubled": 0, "torn": 0, "reordered": 0, "masked": 0}
        self.where: set[str] = set()

    def add(self, form: str, **counts: int) -> None:
        for name, count in counts.items():
            self.counts[name] += count
            if count:
                self.where.add(f"{form}:{name}")


def content(number: int) -> bytes:
    return b"%010d" % number + (SHORT if number % EVERY else LONG)


def number_in(frame: bytes) -> int:
    """The number of a message, -1 if it is torn."""
    head = frame[:10]
    return int(head) if head.isdigit() and frame == content(int(head)) else -1


# Receiving. Each form is one attempt: the storm is armed before the call, and no longer after it.


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


def parts(number: int) -> list[bytes]:
    """A message of several frames that belong together."""
    return [b"%010d" % number, b"", content(number)]


class MultipartConsumer(Consumer):
    """The same for messages of three frames."""

    def note(self, got: Any) -> None:
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


def iterate(consumer: Consumer) -> None:
    storm = consumer.storm
    storm.armed = True
    for got in consumer.socket:
        storm.armed = False
        consumer.note(got)
        if consumer.ended or time.monotonic() > consumer.limit:
            return
        storm.armed = True


def iterate_multipart(consumer: Consumer) -> None:
    storm = consumer.storm
    storm.armed = True
    socket: Any = consumer.socket  # of a version that has this
    for got in socket.iter_multipart():
        storm.armed = False
        consumer.note(got)
        if consumer.ended or time.monotonic() > consumer.limit:
            return
        storm.armed = True


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
    "iterate": iterate,
    "typed_recv": once(lambda c: c.typed.recv()),
}
MULTIPART: dict[str, Attempt] = {
    "recv_multipart": once(lambda c: c.socket.recv_multipart()),
    "recv_multipart_dontwait": once(lambda c: c.socket.recv_multipart(zmq.DONTWAIT)),
    "recv_multipart_timeout": once(lambda c: c.socket.recv_multipart(timeout=1000)),
    "recv_head": head_then_rest,
}
if hasattr(zmq.Socket, "iter_multipart"):
    MULTIPART["iter_multipart"] = iterate_multipart

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


def pair(context: zmq.Context, transport: str) -> tuple[zmq.Socket, zmq.Socket]:
    """A PULL socket and the PUSH socket that feeds it."""
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    wildcard = {"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://*", "inproc": "inproc://storm"}
    sender.connect(receiver.bind(wildcard[transport]))
    return receiver, sender


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


# Sending. Every attempt has a number of its own, also where it repeats one that was interrupted.
# One that returned has to arrive, once and in order; one that was interrupted at most once, whole.

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


def attack(forms: list[str], storm: Storm, faults: Faults, arguments: argparse.Namespace) -> int:
    """Attack the forms one after the other; how many messages went through."""
    messages, seconds = 0, arguments.seconds / len(forms)
    for form in forms:
        if form in RECEIVES:
            messages += attack_receive(
                form, RECEIVES[form], storm, faults, arguments.mode, seconds, arguments.transport
            )
        elif form == "send_pairs":
            messages += attack_pairs(storm, faults, seconds, arguments.transport)
        else:
            messages += attack_send(form, storm, faults, seconds, arguments.transport)
    return messages


def main() -> None:
    forms = [*RECEIVES, *SENDS, "send_pairs"]
    arguments = begin(
        __doc__,
        30,
        mode={
            "choices": ["raise", "receive", "both"],
            "default": "raise",
            "help": "what the handler does; the last two only with receives (%(default)s)",
        },
        transport={"choices": ["inproc", "ipc", "tcp"], "default": "inproc"},
        forms={"nargs": "+", "choices": forms, "metavar": "FORM", "help": f"of {', '.join(forms)}"},
    )
    chosen: list[str] = arguments.forms or forms
    if arguments.mode != "raise":
        chosen = [form for form in chosen if form in RECEIVES and form not in NOT_SERVED]
    storm, faults = Storm(arguments.mode), Faults()
    try:
        messages = attack(chosen, storm, faults, arguments)
    finally:
        storm.end()
    end(
        {
            "mode": arguments.mode,
            "forms": len(chosen),
            "messages": messages,
            "signals": storm.signals,
            "raised": storm.raised,
            "where": ",".join(sorted(faults.where)) or "-",
        },
        faults.counts,
    )


if __name__ == "__main__":
    main()
