"""Ends that a signal interrupts, or that take long; each says when it begins.

The other ways for a program to end are in tests/attacks/exit_ways.py.
"""

from __future__ import annotations

import atexit
import functools
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from calls import WAITS
from prelude import kept, main, say, undeliverable

import zmqlite as zmq
from zmqlite import context as contexts


def default_linger() -> None:
    kept.append(undeliverable(zmq.Context()))
    say("ends")


def many_which_linger_long() -> None:
    for context in [zmq.Context(linger=30_000) for _ in range(4)]:
        kept.extend(undeliverable(context) for _ in range(4))
    say("ends")


def last_words(endpoint: str) -> None:
    pusher = zmq.Context().socket(zmq.PUSH)
    kept.append(pusher)
    pusher.connect(endpoint)
    pusher.send_multipart([b"last", b"words"])
    say("ends")


def blocked(wait: str) -> tuple[zmq.Socket, Callable[[], object]]:
    """A call that never returns by itself, and the socket that it is inside of then."""
    context = zmq.Context()
    kept.append(context)
    if wait == "Monitor.recv":
        watched = context.socket(zmq.PULL)
        monitor = watched.monitor()
        kept.append(watched)
        return monitor.socket, monitor.recv
    socket = context.socket(zmq.DEALER)
    return socket, lambda: WAITS[wait](socket)


def interrupted(wait: str) -> None:
    """Say when Ctrl-C came out of a call, again and again."""
    _socket, call = blocked(wait)
    while True:
        try:
            say("calls")
            call()
        except KeyboardInterrupt:
            say(time.monotonic())


def interrupted_while_libzmq_is_busy() -> None:
    router = zmq.Context(linger=0).socket(zmq.ROUTER)
    say(router.bind("tcp://127.0.0.1:*"))
    while True:
        try:
            while True:
                router.recv_multipart()
                say("received")
        except KeyboardInterrupt:
            say("interrupted")


def interrupted_in_the_linger(ending: str) -> None:
    contexts = [zmq.Context(linger=30_000)]
    undeliverable(contexts[0])
    say("calls")
    try:
        if ending == "term":
            contexts[0].term()
        elif ending == "with":
            contexts[0].__exit__(None, None, None)
        contexts.clear()
    except KeyboardInterrupt:
        pass
    say(time.monotonic())


def term_interrupted() -> None:
    context = zmq.Context(linger=600)
    kept.append(undeliverable(context))
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    start = time.monotonic()
    with suppress(KeyboardInterrupt):
        context.term()
    say(0.05 < time.monotonic() - start < 0.5, context.closed)
    context.term()
    say(0.5 < time.monotonic() - start < 1.6, context.closed)


def outlives_the_modules(what: str) -> None:
    atexit.unregister(contexts._end_all)  # as where it failed, or never ran
    context = zmq.Context(linger=0)
    socket = context.socket(zmq.PUSH)
    values = {"socket": [socket], "both": [context, socket], "context": [context]}[what]
    # Python clears the globals of our modules before those of functools.
    vars(functools)["kept"] = values
    vars(functools)["modules"] = [each for name, each in sys.modules.items() if "zmqlite" in name]


if __name__ == "__main__":
    main(globals())
