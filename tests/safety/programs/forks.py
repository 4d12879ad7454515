"""Programs that fork: what a child inherits, what it makes, and whether the parent is unharmed."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress

import children
from calls import CALLS, Call
from prelude import ended, eventually, fork, in_thread, inside, kept, main, say

import zmqlite as zmq

context = zmq.Context(linger=1000)
receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
endpoint = receiver.bind("tcp://127.0.0.1:*")
monitor = sender.monitor()
poller = zmq.Poller()
poller.register(receiver, zmq.POLLIN)
sender.connect(endpoint)
sender.send(b"before")
assert receiver.recv(timeout=5000) == b"before"


def check(count: int = 100) -> None:
    """The parent is unharmed: what it sends now is all that arrives."""
    for number in range(count):
        sender.send_multipart([b"%d" % number, b"after"])
    for number in range(count):
        assert receiver.recv_multipart(timeout=5000) == [b"%d" % number, b"after"]
    assert receiver.poll(50) == 0
    say("parent works")


def refused(name: str, call: Callable[[], object]) -> None:
    start = time.monotonic()
    try:
        call()
    except zmq.ForkedProcess as error:
        if "after fork" not in str(error):
            say(name, "got", error)
    else:
        say(name, "was not refused")
    if time.monotonic() - start > 0.5:
        say(name, "took long")


MORE: dict[str, Call] = {
    "iteration": lambda s: next(iter(s)),
    "connect by tcp": lambda s: s.connect(endpoint),
    "Poller.poll": lambda s: poller.poll(),
    "Monitor.recv": lambda s: monitor.recv(),
    "proxy": lambda s: zmq.proxy(receiver, sender),
    "Context.socket": lambda s: context.socket(zmq.PUSH),
    "read an option of the context": lambda s: context.io_threads,
    "set an option of the context": lambda s: setattr(context, "max_sockets", 5),
}


def calls() -> None:
    def work() -> None:
        for name, call in (CALLS | MORE).items():
            for socket in (sender, receiver):
                refused(name, lambda: call(socket))  # noqa: B023  # is called at once

    assert fork(work) == 0
    check()


def close_and_term() -> None:
    for each in (monitor, sender, receiver):
        each.close()
    sender.close(linger=0)
    context.term()
    context.shutdown()
    os._exit(0)


def garbage() -> None:
    for name in ("monitor", "poller", "sender", "receiver", "context"):
        del globals()[name]
    gc.collect()
    os._exit(0)


def with_block() -> None:
    with context, sender, receiver, monitor:
        pass
    sys.exit(0)


ENDS: dict[str, Callable[[], object]] = {
    "os._exit": lambda: os._exit(0),
    "sys.exit": lambda: sys.exit(0),
    "the end of the program": lambda: None,
    "close and term": close_and_term,
    "garbage": garbage,
    "a with block": with_block,
}


def end_of_a_child(how: str) -> None:
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    child = os.fork()
    if child == 0:
        ENDS[how]()
        return
    start = time.monotonic()
    assert ended(child) == 0
    assert time.monotonic() - start < 1
    check()


def children_that_end_well(start_method: str) -> None:
    processes = multiprocessing.get_context(start_method)
    workers = [processes.Process(target=children.send, args=(endpoint, n)) for n in range(3)]  # type: ignore[attr-defined]  # typeshed has it in its subclasses
    for worker in workers:
        worker.start()
    got = [receiver.recv_multipart(timeout=10_000) for _ in workers]
    for worker in workers:
        worker.join(10)
        assert worker.exitcode == 0
    assert sorted(number for number, _ in got) == [b"0", b"1", b"2"]
    assert all(data == bytes(100_000) for _, data in got)
    check()


def take_1000() -> None:
    for number in range(1000):
        assert receiver.recv(timeout=10_000) == b"%d" % number


def child_that_ends_nothing(start_method: str) -> None:
    process = multiprocessing.get_context(start_method).Process  # type: ignore[attr-defined]  # likewise
    worker = process(target=children.send_and_forget, args=(endpoint,))
    worker.start()
    take_1000()
    worker.join(10)
    assert worker.exitcode == 0
    check()


def child_that_just_ends() -> None:
    child = os.fork()
    if child == 0:
        children.send_and_forget(endpoint)
        sys.exit(0)
    take_1000()
    assert ended(child) == 0
    check()


def child_that_talks() -> None:
    server = context.socket(zmq.REP)
    replies = server.bind("tcp://127.0.0.1:*")

    def talk() -> None:
        own = zmq.Context()
        asker = own.socket(zmq.REQ)
        asker.connect(replies)
        asker.send(b"from the child")
        say(asker.recv(timeout=5000).decode())
        own.term()

    def answer() -> None:
        assert server.recv(timeout=5000) == b"from the child"
        server.send(b"from the parent")

    thread = in_thread(answer)
    assert fork(talk) == 0
    thread.join()
    check()


def message_of_both() -> None:
    message = zmq.Message(b"both" * 10_000)

    def send() -> None:
        own = zmq.Context()
        pusher = own.socket(zmq.PUSH)
        pusher.connect(endpoint)
        pusher.send(message)
        own.term()

    assert fork(send) == 0
    assert receiver.recv(timeout=5000) == b"both" * 10_000
    sender.send(message)
    assert receiver.recv(timeout=5000) == b"both" * 10_000
    check()


def exchange(own: zmq.Context) -> tuple[zmq.Socket, zmq.Socket]:
    """Two sockets that exchanged a message which is lent."""
    a, b = own.socket(zmq.PUSH), own.socket(zmq.PULL)
    a.bind("inproc://flood")
    b.connect("inproc://flood")
    a.send(bytes(70_000))
    assert len(b.recv(timeout=1000)) == 70_000
    return a, b


def threads_inside() -> None:
    waiting = context.socket(zmq.PULL)

    def wait() -> None:
        with suppress(zmq.ContextTerminated):
            waiting.recv()

    threading.Thread(target=wait, daemon=True).start()
    eventually(lambda: inside(waiting))
    enough = threading.Event()

    def flood() -> None:
        own = zmq.Context(linger=0)
        a, b = exchange(own)
        while not enough.is_set():
            a.send(bytes(70_000))
            b.recv()
            own.socket(zmq.PAIR).close()

    flooding = in_thread(flood)

    def end() -> None:
        refused("recv", waiting.recv)
        refused("socket", lambda: context.socket(zmq.PUSH))
        waiting.close()
        context.term()
        with zmq.Context(linger=0) as own:
            kept.extend(exchange(own))

    for _ in range(20):
        assert fork(end) == 0
    enough.set()
    flooding.join()
    check()


def generations() -> None:
    def child() -> None:
        own = zmq.Context()
        mine = own.socket(zmq.PULL)

        def grandchild() -> None:
            for each in (mine, receiver):
                refused("recv", each.recv)
            zmq.Context().term()

        assert fork(grandchild) == 0
        own.term()

    assert fork(child) == 0
    check()


def child_that_is_killed() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(60)
    check()
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL
    check()


if __name__ == "__main__":
    main(globals())
