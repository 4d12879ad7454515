"""Actors that nobody stopped, or that a signal or a fork found."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable

from prelude import ended, kept, main, say

import zmqlite as zmq

context = zmq.Context()


def made(body: Callable[[zmq.Pipe], object]) -> zmq.Actor:
    def ready(pipe: zmq.Pipe) -> None:
        pipe.ready()
        body(pipe)

    actor = zmq.Actor(context, ready, timeout=-1)
    kept.append(actor)
    return actor


def count(pipe: zmq.Pipe) -> None:
    time.sleep(0.1)
    say(len(list(pipe)))


def say_the_end(pipe: zmq.Pipe) -> None:
    list(pipe)
    say("end")


def spin(pipe: zmq.Pipe) -> None:
    while True:
        pass


def pour(pipe: zmq.Pipe) -> None:
    while True:
        pipe.send(b"")


def fail(pipe: zmq.Pipe) -> None:
    raise LookupError("this")


BODIES: dict[str, Callable[[zmq.Pipe], object]] = {
    "count": count,
    "sleep": lambda pipe: time.sleep(60),
    "wait": lambda pipe: threading.Event().wait(),
    "say the end": say_the_end,
    "another context": lambda pipe: zmq.Context().socket(zmq.PULL).recv(),
    "its context": lambda pipe: context.socket(zmq.PULL).recv(),
    "spin": spin,
    "pour": pour,
    "fail": fail,
    "listen": list,
}


def unstopped(body: str, then: str = "") -> None:
    actor = made(BODIES[body])
    if body == "count":
        for _ in range(1000):
            actor.pipe.send(b"")
    if then == "exit":
        sys.exit()
    elif then == "another thread":
        threading.Thread(target=list, args=[actor.pipe], daemon=True).start()
    elif then == "a cycle":
        cycle: list[object] = [actor]
        cycle.append(cycle)
        kept.clear()
    elif then == "term":
        context.term()


def interrupted() -> None:
    actor = made(BODIES["sleep"])
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
    for wait in (actor.stop, lambda: zmq.Actor(context, lambda _: time.sleep(60), timeout=-1)):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            wait()
        except KeyboardInterrupt:
            say("interrupted")


def echo(pipe: zmq.Pipe) -> None:
    for message in pipe:
        pipe.send(message)


def forked() -> None:
    warnings.simplefilter("error", ResourceWarning)
    actor = made(echo)
    child = os.fork()
    if child == 0:
        try:
            actor.pipe.send(b"child")
        except zmq.ForkedProcess:
            say("refused")
        actor.stop()

        def own_echo(pipe: zmq.Pipe) -> None:
            pipe.ready()
            echo(pipe)

        with zmq.Context() as own, zmq.Actor(own, own_echo) as other:
            other.pipe.send(b"own")
            say(other.pipe.recv())
        kept.clear()
        del actor
        sys.exit(7)
    say(ended(child))
    actor.pipe.send(b"parent")
    say(actor.pipe.recv())
    actor.stop()


if __name__ == "__main__":
    main(globals())
