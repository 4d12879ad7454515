"""Six threads at two sockets, in every call there is, with close, term and shutdown in use.

Every frame names itself, so that one that was lost, doubled or torn is seen. A frame whose send
was refused (SocketBusy, Again) must not arrive; one whose send returned must, in the rounds that
end in peace. In the others a socket is closed, or the context ended, while the threads go on.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable

import zmqlite as zmq

from .program import DEADLINE, begin, end

THREADS = 6
ROUND = 0.4  # seconds
LONG = 70_000
HEAD = 20  # bytes that hold the number of a frame
LAST = 10**18  # the number of the last frame of the first socket; the other one's is the next


def frame(number: int) -> bytes:
    """A frame that names itself at both ends; one in eight is long enough to be lent."""
    head = b"%020d" % number
    return head + (b"." * LONG if number % 8 == 0 else b".") + head


def number_of(content: bytes) -> int:
    """The number of a frame, -1 if it is torn."""
    head = content[:HEAD]
    return int(head) if head.isdigit() and content == frame(int(head)) else -1


class Storm:
    """One round: two sockets that send and receive, and what became of each frame."""

    def __init__(self, transport: str, seed: int) -> None:
        self.context = zmq.Context(linger=0)
        self.sockets = [
            self.context.socket(zmq.PAIR, rcvhwm=200, sndhwm=200, rcvtimeo=1, sndtimeo=1)
            for _ in range(2)
        ]
        wildcard = {"tcp": "tcp://127.0.0.1:*", "inproc": f"inproc://storm-{seed}"}
        self.sockets[1].connect(self.sockets[0].bind(wildcard[transport]))
        self.sent: list[set[int]] = [set() for _ in range(THREADS)]
        self.refused: list[set[int]] = [set() for _ in range(THREADS)]
        self.received: list[list[int]] = [[] for _ in range(THREADS)]
        self.calls = [0] * THREADS
        self.ended: set[int] = set()
        self.torn = 0
        self.errors: Counter[str] = Counter()
        self.failed: list[str] = []
        self.over = False
        self.seed = seed

    def run(self, index: int) -> None:
        worker = Worker(self, index)
        while not self.over:
            call = worker.choose.choice(CALLS)
            try:
                call(worker, worker.choose.choice(self.sockets))
            except zmq.ZMQError as error:
                self.errors[type(error).__name__] += 1
            except Exception as error:
                self.failed.append(repr(error))
                return
            worker.calls += 1
        self.calls[index] = worker.calls

    def note(self, index: int, content: bytes) -> None:
        number = number_of(content)
        if number < 0:
            self.torn += 1
        else:
            self.received[index].append(number)
            if number >= LAST:
                self.ended.add(number)

    def drain(self) -> None:
        """Receive, in one thread, all that was sent: the last frame of each socket says so."""
        for index, socket in enumerate(self.sockets):
            sent = False
            while not sent:
                with contextlib.suppress(zmq.Again):
                    socket.send(frame(LAST + index), timeout=50)  # ends a message that was begun
                    sent = True
                for each in self.sockets if not sent else ():
                    self.receive(each)
        for index, socket in enumerate(self.sockets):
            limit = time.monotonic() + DEADLINE
            while LAST + 1 - index not in self.ended and time.monotonic() < limit:
                self.receive(socket)

    def receive(self, socket: zmq.Socket) -> None:
        """Receive a message, if one is there or comes soon."""
        with contextlib.suppress(zmq.Again):
            for content in socket.recv_multipart(timeout=50):
                self.note(0, content)


class Worker:
    """One thread of a round: its random choices, and the numbers of what it sends."""

    def __init__(self, storm: Storm, index: int) -> None:
        self.storm = storm
        self.index = index
        self.choose = random.Random(storm.seed * THREADS + index)
        self.buffer = bytearray(2 * HEAD + LONG)
        self.calls = 0
        self._next = index

    def numbers(self, count: int) -> list[int]:
        """Numbers that nobody else uses."""
        numbers = [self._next + n * THREADS for n in range(count)]
        self._next += count * THREADS
        return numbers

    def send(self, send: Callable[[list[bytes]], object], count: int) -> None:
        """Send `count` frames in one call, and remember what became of it."""
        numbers = self.numbers(count)
        try:
            send(list(map(frame, numbers)))
        except (zmq.SocketBusy, zmq.Again):
            self.storm.refused[self.index].update(numbers)
            raise
        self.storm.sent[self.index].update(numbers)

    def send_many(self, socket: zmq.Socket) -> None:
        """A batch can be refused in its middle: what was sent is known only if it returns."""
        numbers = self.numbers(20)
        sent = socket.send_many(map(frame, numbers), timeout=1)
        self.storm.sent[self.index].update(numbers[:sent])
        self.storm.refused[self.index].update(numbers[sent:])

    def note(self, *contents: bytes) -> None:
        for content in contents:
            self.storm.note(self.index, content)

    def iterate(self, socket: zmq.Socket) -> None:
        for count, content in enumerate(socket):
            self.note(content)
            if count == 5:
                return

    def receive_into(self, socket: zmq.Socket) -> None:
        # Into memory of its own: what interrupts may receive, too.
        size = socket.recv_into(self.buffer)
        self.note(bytes(self.buffer[:size]))

    def watch(self, socket: zmq.Socket) -> None:
        if self.choose.random() < 0.1:
            with socket.monitor() as monitor:
                monitor.recv(timeout=1)

    def poll_both(self, socket: zmq.Socket) -> None:
        poller = zmq.Poller()
        for each in self.storm.sockets:
            poller.register(each, zmq.POLLIN | zmq.POLLOUT)
        poller.poll(1)


def set_option(worker: Worker, socket: zmq.Socket) -> None:
    socket.rcvtimeo = worker.choose.choice([0, 1])


CALLS: list[Callable[[Worker, zmq.Socket], object]] = [
    lambda w, s: w.send(lambda frames: s.send(frames[0]), 1),
    lambda w, s: w.send(lambda frames: s.send(frames[0], zmq.DONTWAIT), 1),
    lambda w, s: w.send(lambda frames: s.send(bytearray(frames[0]), timeout=1), 1),
    lambda w, s: w.send(lambda frames: s.send(zmq.Message(frames[0])), 1),
    lambda w, s: w.send(lambda frames: s.send(frames[0], zmq.SNDMORE), 1),
    lambda w, s: w.send(lambda frames: s.send_string(frames[0].decode()), 1),
    lambda w, s: w.send(lambda frames: s.send_multipart(frames), 3),
    lambda w, s: w.send(lambda frames: s.send_multipart(frames, timeout=1), 3),
    Worker.send_many,
    lambda w, s: w.note(s.recv()),
    lambda w, s: w.note(s.recv(zmq.DONTWAIT)),
    lambda w, s: w.note(s.recv(timeout=1)),
    lambda w, s: w.note(s.recv_string().encode()),
    lambda w, s: w.note(bytes(s.recv_message())),
    lambda w, s: w.note(*s.recv_multipart()),
    lambda w, s: w.note(*s.recv_multipart(timeout=1)),
    lambda w, s: w.note(*s.recv_many()),
    lambda w, s: w.note(*s.recv_many(5, zmq.DONTWAIT)),
    Worker.iterate,
    Worker.receive_into,
    Worker.watch,
    Worker.poll_both,
    lambda w, s: s.poll(1),
    lambda w, s: (s.events, s.rcvmore, s.last_endpoint),
    set_option,
]


def violence(storm: Storm, choose: random.Random) -> str:
    """End something while the threads use it."""
    way = choose.choice(["close", "shutdown", "term"])
    if way == "close":
        while True:
            try:
                storm.sockets[0].close()
                return way
            except zmq.SocketBusy:
                continue
    (storm.context.shutdown if way == "shutdown" else storm.context.term)()
    return way


def attack(seed: int, choose: random.Random) -> tuple[Storm, str]:
    """One round; how it ended."""
    storm = Storm(choose.choice(["inproc", "tcp"]), seed)
    threads = [threading.Thread(target=storm.run, args=[index]) for index in range(THREADS)]
    for each in threads:
        each.start()
    time.sleep(ROUND / 2)
    way = "peace" if choose.random() < 0.5 else violence(storm, choose)
    time.sleep(ROUND / 2)
    storm.over = True
    for each in threads:
        each.join()
    if way == "peace":
        storm.drain()
    storm.context.term()
    return storm, way


def main() -> None:
    arguments = begin(__doc__, 30)
    choose = random.Random(arguments.seed)
    limit = time.monotonic() + arguments.seconds
    ways: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    faults = dict.fromkeys(("lost", "doubled", "torn", "sent_though_refused", "failed"), 0)
    calls = frames = rounds = 0
    while not rounds or time.monotonic() < limit:
        storm, way = attack(arguments.seed + rounds, choose)
        rounds += 1
        calls += sum(storm.calls)
        ways[way] += 1
        errors += storm.errors
        received = [number for numbers in storm.received for number in numbers]
        there = set(received)
        frames += len(there)
        if way == "peace":
            faults["lost"] += len(set().union(*storm.sent) - there)
        faults["doubled"] += len(received) - len(there)
        faults["torn"] += storm.torn
        faults["sent_though_refused"] += len(set().union(*storm.refused) & there)
        faults["failed"] += len(storm.failed)
        for failure in storm.failed:
            print(failure)
    end({"rounds": rounds, "calls": calls, "frames": frames, **ways, **errors}, faults)


if __name__ == "__main__":
    main()
