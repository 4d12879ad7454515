"""What needs descriptors, with 0 to 11 of them left: 0 is success, 1 is EMFILE, all else is bad."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
from collections.abc import Callable
from typing import Any

from prelude import main, say

import zmqlite as zmq


def context(**options: Any) -> zmq.Context:
    return zmq.Context(linger=0, **options)


def a(kind: zmq.SocketType) -> Callable[[], zmq.Socket]:
    return lambda: context().socket(kind)


def connected(endpoint: str) -> Callable[[zmq.Socket], None]:
    def act(pusher: zmq.Socket) -> None:
        pusher.connect(endpoint)
        pusher.send(b"x")
        pusher.context.term()

    return act


def bound(endpoint: str) -> Callable[[zmq.Socket], None]:
    def act(puller: zmq.Socket) -> None:
        puller.bind(endpoint)
        puller.context.term()

    return act


def watch(puller: zmq.Socket) -> None:
    _monitor = puller.monitor()
    puller.context.term()


def one_more(pusher: zmq.Socket) -> None:
    _socket = pusher.context.socket(zmq.PUSH)
    pusher.context.term()


def awaiting() -> tuple[zmq.Socket, int, socket.socket]:
    puller = context().socket(zmq.PULL)
    return puller, int(puller.bind("tcp://127.0.0.1:*").rpartition(":")[2]), socket.socket()


def accept(prepared: tuple[zmq.Socket, int, socket.socket]) -> None:
    puller, port, peer = prepared
    peer.connect(("127.0.0.1", port))
    puller.poll(20)
    puller.context.term()


SHORTAGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "Context": (lambda: None, lambda _: context()),
    "first socket": (context, lambda made: (made.socket(zmq.PUSH), made.term())),
    "many I/O threads": (lambda: None, lambda _: context(io_threads=9).socket(zmq.PUSH)),
    "next socket": (a(zmq.PUSH), one_more),
    "bind to tcp": (a(zmq.PULL), bound("tcp://127.0.0.1:*")),
    "bind to every interface": (a(zmq.PULL), bound("tcp://*:*")),
    "bind to ipc": (a(zmq.PULL), bound("ipc://@zmqlite-scarce")),
    "connect to tcp": (a(zmq.PUSH), connected("tcp://127.0.0.1:9")),
    "connect to inproc, never bound": (a(zmq.PUSH), connected("inproc://nobody")),
    "monitor": (a(zmq.PULL), watch),
    "accept by tcp": (awaiting, accept),
}


def exhaust(spare: int) -> None:
    """Use up the descriptors of this process, but for a few."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    for _ in range(spare):
        os.close(taken.pop())


def attempt(name: str, spare: int) -> int:
    """What a child process comes to."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.dup2(os.open("/dev/null", os.O_WRONLY), 2)
    prepare, act = SHORTAGES[name]
    prepared = prepare()
    exhaust(spare)
    try:
        made = act(prepared)
    except zmq.ZMQError as error:
        os._exit(1 if error.errno == errno.EMFILE else 2)
    except BaseException:
        os._exit(3)
    del made, prepared
    os._exit(0)


def all_of_them() -> None:
    say(json.dumps({name: [attempt(name, spare) for spare in range(12)] for name in SHORTAGES}))


if __name__ == "__main__":
    main(globals())
