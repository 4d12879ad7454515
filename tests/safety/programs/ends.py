"""Ways to end, most of them with a message that nobody takes; each says "ends" before it does."""

from __future__ import annotations

import atexit
import functools
import gc
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from calls import WAITS
from prelude import eventually, inside, kept, main, nowhere, say, undeliverable

import zmqlite as zmq
from zmqlite import context as contexts


def made(linger: str) -> zmq.Context:
    return zmq.Context(linger=int(linger)) if linger else zmq.Context()


def close_and_term(linger: str, of_socket: str = "") -> None:
    context = made(linger)
    pusher = undeliverable(context)
    say("ends")
    pusher.close(int(of_socket) if of_socket else None)
    context.term()


def term_alone(linger: str) -> None:
    context = made(linger)
    kept.append(undeliverable(context))
    say("ends")
    context.term()


def end_of_a_with_block(linger: str) -> None:
    with made(linger) as context, undeliverable(context):
        say("ends")


def exception_in_a_with_block(linger: str) -> None:
    with suppress(RuntimeError), made(linger) as context:
        kept.append(undeliverable(context))
        say("ends")
        raise RuntimeError


def last_reference(linger: str) -> None:
    _pusher = undeliverable(made(linger))
    say("ends")


def garbage_in_a_cycle(linger: str) -> None:
    cycle: list[object] = [undeliverable(made(linger))]
    cycle.append(cycle)
    say("ends")
    del cycle
    gc.collect()


def end_of_the_program(linger: str, endpoint: str = "") -> None:
    kept.append(undeliverable(made(linger), endpoint))
    say("ends")


def sys_exit(linger: str) -> None:
    end_of_the_program(linger)
    sys.exit()


def uncaught_exception(linger: str) -> None:
    end_of_the_program(linger)
    raise RuntimeError


def many_which_linger_at_the_same_time(linger: str) -> None:
    for context in [made(linger) for _ in range(4)]:
        kept.extend(undeliverable(context) for _ in range(4))
    say("ends")


def inproc_that_nobody_bound(linger: str) -> None:
    end_of_the_program(linger, "inproc://nobody")


def a_monitor_that_nobody_reads(linger: str) -> None:
    pusher = made(linger).socket(zmq.PUSH)
    kept.extend([pusher, pusher.monitor()])
    pusher.connect(nowhere())
    pusher.send(b"x")
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


def daemon_that_waits(wait: str) -> None:
    socket, call = blocked(wait)
    kept.append(socket)
    threading.Thread(target=call, daemon=True).start()
    eventually(lambda: inside(socket))
    say("ends")


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


class Late:
    """What uses a context, a socket and a poller as the program ends."""

    def __init__(self, context: zmq.Context) -> None:
        self.itself = self
        self.context = context
        self.socket = context.socket(zmq.PUSH)
        self.poller = zmq.Poller()
        self.poller.register(self.socket, zmq.POLLIN)

    def __del__(self) -> None:
        calls: list[Callable[[], object]] = [
            lambda: self.socket.send(b"x"),
            self.socket.recv,
            lambda: self.socket.send(bytes(100_000)),
            lambda: self.socket.bind("inproc://late"),
            lambda: self.socket.linger,
            self.poller.poll,
            lambda: self.context.socket(zmq.PULL),
        ]
        for call in calls:
            try:
                call()
            except zmq.ContextTerminated as error:
                print(type(error).__name__)
            else:
                print("no error")
        self.socket.close()
        self.context.term()


def finaliser_that_uses_a_socket() -> None:
    kept.append(Late(zmq.Context()))


class Later:
    def __del__(self) -> None:
        context = zmq.Context(linger=300)
        a, b = context.socket(zmq.PUSH), context.socket(zmq.PULL)
        a.bind("inproc://late")
        b.connect("inproc://late")
        a.send(bytes(100_000))
        print(len(b.recv()))
        a.connect(nowhere())
        a.send(b"undeliverable")
        print("done")


def finaliser_that_makes_a_context() -> None:
    kept.append(Later())


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
