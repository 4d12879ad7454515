"""Memory that is lent to libzmq: read only while it is there, and given back in the end.

vanish        peers that go away, close and term with messages that were not sent
contexts      threads that make contexts and end them, with Messages that all of them send
copies        two copies of the package in one process
interpreters  a second interpreter in this process, which has to be refused
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import random
import socket as system
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import zmqlite as zmq

from .program import begin, end, eventually

SIZE = 100_000
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
RESET = struct.pack("ii", 1, 0)  # a linger of 0 s: close() resets the connection


def content(number: int) -> bytes:
    """Bytes of which nobody else has a reference, and that show whether they were overwritten."""
    head = b"%010d" % number
    return head + hashlib.blake2b(head).digest() * (SIZE // 64)


def is_whole(got: bytes) -> bool:
    return got == content(int(got[:10])) if got[:10].isdigit() else False


class Lent:
    """What was lent and is still referred to here, to see when nobody else does."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self._number = 0

    def new(self) -> bytes:
        """New bytes: every other one is kept here, the others only libzmq needs."""
        self._number += 1
        data = content(self._number)
        if self._number % 2:
            self.kept.append(data)
        return data

    def elsewhere(self) -> int:
        """How many of what is kept somebody else still refers to."""
        return sum(sys.getrefcount(self.kept[index]) > 2 for index in range(len(self.kept)))

    def for_good(self) -> int:
        """How many of them do not come back in time."""
        eventually(lambda: not self.elsewhere(), 3)
        return self.elsewhere()


def vanishing_peer(choose: random.Random) -> tuple[str, threading.Thread]:
    """A TCP peer that greets, reads a little of what comes, and resets the connection."""
    listener = system.create_server(("127.0.0.1", 0))
    listener.settimeout(0.5)
    wanted = choose.choice([0, 10, 1000, 200_000])

    def serve() -> None:
        left = wanted
        with listener, contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(0.2)
                connection.sendall(GREETING)
                while left > 0 and (got := connection.recv(left)):
                    left -= len(got)
                connection.setsockopt(system.SOL_SOCKET, system.SO_LINGER, RESET)

    thread = threading.Thread(target=serve)
    thread.start()
    return f"tcp://127.0.0.1:{listener.getsockname()[1]}", thread


def send_somehow(
    sender: zmq.Socket, shared: zmq.Message, lent: Lent, choose: random.Random, several: bool
) -> int:
    """Send frames that are lent, in one of the ways there are; 1, or 0 if nobody had room."""
    ways: list[Callable[[], object]] = [
        lambda: sender.send(lent.new(), timeout=1),
        lambda: sender.send(shared, timeout=1),
        lambda: sender.send(zmq.Message(lent.new()), timeout=1),
        lambda: sender.send_many([lent.new(), lent.new()], timeout=1),
    ]
    if several:
        ways.append(lambda: sender.send_multipart([lent.new(), b"", shared], timeout=1))
    try:
        choose.choice(ways)()
    except zmq.Again:
        return 0
    return 1


def vanish(choose: random.Random, faults: Counter[str]) -> int:
    """One sender of long frames, and peers of all kinds that go away; how many were sent."""
    lent, sent = Lent(), 0
    with zmq.Context(linger=0) as context, zmq.Context(linger=0) as other:
        transport = choose.choice(["inproc://vanish", "ipc://*", "tcp://127.0.0.1:*"])
        sender = context.socket(zmq.PUSH, sndhwm=50)
        receiver = (context if transport.startswith("inproc") else other).socket(zmq.PULL)
        sender.connect(receiver.bind(transport))
        strangers = [vanishing_peer(choose) for _ in range(choose.randrange(3))]
        for endpoint, _ in strangers:
            sender.connect(endpoint)
        if choose.random() < 0.3:
            sender.connect("tcp://127.0.0.1:1")  # where nobody listens
        gone = choose.randrange(100)
        shared = zmq.Message(lent.new())
        for number in range(100):
            # libzmq aborts (issue 3442) if a connection ends while it sends one of several frames
            # and the socket is closed with a linger of 0.
            several = transport.startswith("inproc") and not strangers
            sent += send_somehow(sender, shared, lent, choose, several)
            if number < gone and choose.random() < 0.5:
                with contextlib.suppress(zmq.Again):
                    received = receiver.recv_multipart(timeout=1)
                    faults["overwritten"] += sum(not is_whole(each) for each in received if each)
            if number == gone:
                receiver.close()
        del shared
        if choose.random() < 0.5:
            sender.close()
    for _, thread in strangers:
        thread.join()
    faults["stays_lent"] += lent.for_good()
    return sent


def many_contexts(choose: random.Random, faults: Counter[str]) -> int:
    """Threads with contexts of their own, which all send the same Messages too."""
    lent = Lent()
    shared = [zmq.Message(lent.new()) for _ in range(5)]
    sent = [0] * 4

    def work(index: int, choose: random.Random) -> None:
        for _ in range(10):
            with zmq.Context(linger=0) as context:
                receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
                sender.connect(receiver.bind("inproc://many"))
                for _ in range(10):
                    sender.send(choose.choice(shared))
                    sender.send(content(choose.randrange(10**6)))
                    got = receiver.recv() if choose.random() < 0.8 else b""
                    faults["overwritten"] += bool(got) and not is_whole(got)
                    sent[index] += 2

    threads = [
        threading.Thread(target=work, args=(index, random.Random(choose.random())))
        for index in range(len(sent))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    shared.clear()
    faults["stays_lent"] += lent.for_good()
    return sum(sent)


def waiting(package: Any, endpoint: str, lent: Lent, count: int) -> tuple[Any, Any]:
    """A context of this copy of the package, whose messages wait for somebody to come."""
    context = package.Context(linger=0)
    sender = context.socket(package.PUSH)
    sender.connect(endpoint)
    for _ in range(count):
        sender.send(lent.new())
    return context, sender


def second_copy() -> Any:
    """Import the package once more; the first copy lives on."""
    saved = {name: sys.modules.pop(name) for name in [*sys.modules] if is_ours(name)}
    copy = importlib.import_module("zmqlite")
    for name in [*sys.modules]:
        if is_ours(name):
            del sys.modules[name]
    sys.modules.update(saved)
    return copy


def is_ours(name: str) -> bool:
    return name == "zmqlite" or name.startswith("zmqlite.")


def two_copies(choose: random.Random, faults: Counter[str]) -> int:
    """Messages of two copies wait; those of the one go, and those of the other stay good."""
    count = choose.randrange(1, 60)
    lents = Lent(), Lent()
    endpoints = [f"ipc://@zmqlite-copies-{os.getpid()}-{n}" for n in range(2)]
    packages = zmq, second_copy()
    senders = [waiting(*each, count) for each in zip(packages, endpoints, lents, strict=True)]
    order = [0, 1] if choose.random() < 0.5 else [1, 0]
    for step, index in enumerate(order):
        context, _ = senders[index]
        receiver = context.socket(zmq.PULL)
        receiver.bind(endpoints[index])
        for _ in range(count):
            faults["overwritten"] += not is_whole(receiver.recv(timeout=5000))
        lent, other = lents[index], lents[1 - index]
        faults["stays_lent"] += lent.for_good()
        if step == 0:
            faults["released_early"] += len(other.kept) - other.elsewhere()
    for context, _ in senders:
        context.term()
    return 2 * count


def second_interpreter(choose: random.Random, faults: Counter[str]) -> int:
    """Import the package in another interpreter that shares this one's C modules."""
    reader, writer = os.pipe()
    program = f"""
import os, sys
sys.path[:] = {sys.path!r}
try:
    import zmqlite
except ImportError as error:
    os.write({writer}, repr(error).encode())
else:
    os.write({writer}, b"it was imported")
"""
    if sys.version_info >= (3, 13):
        import _interpreters  # type: ignore[import-not-found]

        interpreter = _interpreters.create("legacy")
        _interpreters.exec(interpreter, program)
        _interpreters.destroy(interpreter)
    else:
        import _xxsubinterpreters  # type: ignore[import-not-found]

        interpreter = _xxsubinterpreters.create(isolated=False)
        _xxsubinterpreters.run_string(interpreter, program)
        _xxsubinterpreters.destroy(interpreter)
    said = os.read(reader, 1000)
    for descriptor in (reader, writer):
        os.close(descriptor)
    faults["imported_twice"] += b"ImportError" not in said
    return 1


MODES = {
    "vanish": vanish,
    "contexts": many_contexts,
    "copies": two_copies,
    "interpreters": second_interpreter,
}


def main() -> None:
    arguments = begin(
        __doc__,
        30,
        modes={"nargs": "+", "choices": list(MODES), "default": list(MODES)},
    )
    choose = random.Random(arguments.seed)
    faults: Counter[str] = Counter(
        dict.fromkeys(("overwritten", "stays_lent", "released_early", "imported_twice"), 0)
    )
    rounds: Counter[str] = Counter()
    sent = 0
    for mode in arguments.modes:
        limit = time.monotonic() + arguments.seconds / len(arguments.modes)
        while not rounds[mode] or time.monotonic() < limit:
            sent += MODES[mode](choose, faults)
            rounds[mode] += 1
    end({**rounds, "sent": sent}, dict(faults))


if __name__ == "__main__":
    main()
