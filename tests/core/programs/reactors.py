"""Reactors that signals, children and other threads end or change."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

from prelude import ended, in_thread, main, say

import zmqlite as zmq

context = zmq.Context()
socket = context.socket(zmq.PULL)
reactor = zmq.Reactor()


def idle() -> None:
    reactor.reader(socket, print)
    reactor.timer(60_000, print)


def run_until(number: str) -> None:
    """Say when a signal came out of `run`, again and again."""
    idle()
    if number == "SIGTERM":
        signal.signal(signal.SIGTERM, lambda *_: reactor.stop())
    while True:
        say("runs")
        try:
            reactor.run()
        except KeyboardInterrupt:
            assert number == "SIGINT"
        say(time.monotonic())


def stopped_in_a_handler() -> None:
    signal.signal(signal.SIGTERM, lambda *_: reactor.stop())

    def work() -> None:
        signal.raise_signal(signal.SIGTERM)
        say("done")

    reactor.timer(0, work)
    reactor.run()
    say("returned")


def soon(handler: Callable[..., object]) -> None:
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    reactor.run()
    say("returned")


def cancelled_by_a_handler() -> None:
    a, b = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    b.connect(a.bind("inproc://pipe"))
    reactor.reader(b, lambda _: say("never"))

    def handle(*_: object) -> None:
        reactor.cancel(b)
        a.send(b"")

    soon(handle)


def changed_by_a_handler() -> None:
    reactor.reader(socket, print)

    def late(*_: object) -> None:
        reactor.timer(0, lambda: say("timer"), times=1)
        reactor.cancel(socket)

    soon(late)


def parent_and_child() -> None:
    reactor.timer(3_600_000, print)
    started = threading.Event()
    reactor.timer(0, started.set, times=1)
    thread = in_thread(reactor.run)
    started.wait()
    child = os.fork()
    if child == 0:
        # The thread that ran it is not here, so it may run again, and stop does not reach the
        # parent.
        reactor.stop()
        reactor.run()
        reactor.timer(1, reactor.stop)
        reactor.run()
        os._exit(7)
    say(ended(child))
    say(thread.is_alive())
    reactor.stop()
    thread.join(10)
    say(thread.is_alive())


def inherited_by_a_program() -> None:
    say(os.get_inheritable(reactor._wake))


def inherited_by_a_child() -> None:
    reactor.reader(socket, print)
    child = os.fork()
    if child == 0:
        try:
            reactor.run()
        except zmq.ForkedProcess:
            os._exit(7)
    say(ended(child))
    reactor.timer(0, reactor.stop)
    reactor.run()


if __name__ == "__main__":
    main(globals())
