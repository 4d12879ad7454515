"""Threads at the C API that share messages and sockets, while sockets are closed in use.

A thread that meets another one's call gets an errno, never a crash. Every free function that was
given to zmq_msg_init_data is called once, also for messages that nobody received.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable

from zmqlite.capi import *

from .program import begin, end, eventually

THREADS = 5
SIZE = 70_000
ROUND = 0.5  # seconds

ALLOWED = {EAGAIN, EBUSY, EFAULT, EFSM, EINTR, EINVAL, ENOTSOCK, ETERM, EADDRINUSE, EMSGSIZE}


class Storm:
    """What the threads of one round share."""

    def __init__(self, made: Counter[int], errors: Counter[int]) -> None:
        self.context = zmq_ctx_new()
        self.errors = errors
        self.made = made
        self.sockets = [self.open(ZMQ_PULL), self.open(ZMQ_PUSH)]
        self.messages = [zmq_msg_t() for _ in range(3)]
        self.calls = 0
        self.over = False
        self.failed: list[BaseException] = []

    def open(self, kind: int) -> void_p | None:
        socket = zmq_socket(self.context, kind)
        if socket is not None:
            zmq_setsockopt(socket, ZMQ_LINGER, c_int(0), 4)
            zmq_setsockopt(socket, ZMQ_RCVTIMEO, c_int(1), 4)
            zmq_setsockopt(socket, ZMQ_SNDTIMEO, c_int(1), 4)
            endpoint = "inproc://storm-capi"
            (zmq_bind if kind == ZMQ_PULL else zmq_connect)(socket, endpoint)
        return socket

    def run(self, seed: int) -> None:
        choose = random.Random(seed)
        try:
            while not self.over:
                call = choose.choice(CALLS)
                message, other = choose.choice(self.messages), choose.choice(self.messages)
                if call(self, choose, message, other) == -1:
                    self.errors[zmq_errno()] += 1
                self.calls += 1
        except BaseException as error:
            self.failed.append(error)


Call = Callable[[Storm, random.Random, zmq_msg_t, zmq_msg_t], int]


def init_data(storm: Storm, choose: random.Random, message: zmq_msg_t, other: zmq_msg_t) -> int:
    number = choose.getrandbits(60)
    data = bytearray(number.to_bytes(8, "big") * (SIZE // 8))

    def free(data: bytearray, hint: int) -> None:
        # Content that changed, or a second call, would show as a count that is not 0 at the end.
        storm.made[int.from_bytes(data[-8:], "big")] -= 1

    storm.made[number] += 1
    if (code := zmq_msg_init_data(message, data, len(data), free, number)) == -1:
        storm.made[number] -= 1
    return code


def view(storm: Storm, choose: random.Random, message: zmq_msg_t, other: zmq_msg_t) -> int:
    """Read all of a view, while others may empty the message."""
    return len(bytes(zmq_msg_data(message)))


def reopen(storm: Storm, choose: random.Random, message: zmq_msg_t, other: zmq_msg_t) -> int:
    """Close a socket that others may be using, and put another one in its place."""
    if choose.random() > 0.05:
        return 0
    index = choose.randrange(2)
    if (code := zmq_close(storm.sockets[index])) == 0:
        storm.sockets[index] = storm.open(ZMQ_PUSH if index else ZMQ_PULL)
    return code


def ready(storm: Storm, choose: random.Random, message: zmq_msg_t, other: zmq_msg_t) -> int:
    return zmq_poll([zmq_pollitem_t(storm.sockets[0], 0, ZMQ_POLLIN, 0)], 1, 0)


CALLS: list[Call] = [
    init_data,
    init_data,
    view,
    reopen,
    ready,
    lambda s, c, m, o: zmq_msg_init(m),
    lambda s, c, m, o: zmq_msg_init_size(m, c.choice([0, 10, SIZE])),
    lambda s, c, m, o: zmq_msg_close(m),
    lambda s, c, m, o: zmq_msg_copy(m, o),
    lambda s, c, m, o: zmq_msg_move(m, o),
    lambda s, c, m, o: zmq_msg_size(m),
    lambda s, c, m, o: zmq_msg_send(m, s.sockets[1], ZMQ_DONTWAIT),
    lambda s, c, m, o: zmq_msg_send(m, s.sockets[1], 0),
    lambda s, c, m, o: zmq_send(s.sockets[1], b"x" * SIZE, c.choice([5, SIZE]), ZMQ_DONTWAIT),
    # Copied: over inproc libzmq never frees a frame that was sent with SNDMORE if the receiver goes
    # before the end of the message comes.
    lambda s, c, m, o: zmq_send(s.sockets[1], b"x" * SIZE, SIZE, ZMQ_SNDMORE | ZMQ_DONTWAIT),
    lambda s, c, m, o: zmq_msg_recv(m, s.sockets[0], ZMQ_DONTWAIT),
    lambda s, c, m, o: zmq_msg_recv(m, s.sockets[0], 0),
    lambda s, c, m, o: zmq_recv(s.sockets[0], bytearray(SIZE), SIZE, ZMQ_DONTWAIT),
]


def attack(made: Counter[int], errors: Counter[int], seed: int, seconds: float) -> Storm:
    """One round: all threads at the sockets of one context, and its end."""
    storm = Storm(made, errors)
    threads = [threading.Thread(target=storm.run, args=[seed + n]) for n in range(THREADS)]
    for each in threads:
        each.start()
    time.sleep(seconds)
    storm.over = True
    for each in threads:
        each.join()
    for socket in storm.sockets:
        zmq_close(socket)
    for message in storm.messages:
        zmq_msg_close(message)
    assert zmq_ctx_term(storm.context) == 0
    return storm


def main() -> None:
    arguments = begin(__doc__, 30)
    made: Counter[int] = Counter()
    errors: Counter[int] = Counter()
    limit = time.monotonic() + arguments.seconds
    rounds = calls = 0
    failed: list[BaseException] = []
    while not rounds or time.monotonic() < limit:
        storm = attack(made, errors, arguments.seed + rounds * THREADS, ROUND)
        rounds += 1
        calls += storm.calls
        failed += storm.failed
        del storm
    eventually(lambda: not any(made.values()))
    for error in failed:
        print(repr(error))
    end(
        {"rounds": rounds, "calls": calls, "made": len(made), "refused": errors.total()},
        {
            "not_freed": sum(count > 0 for count in made.values()),
            "freed_twice": sum(count < 0 for count in made.values()),
            "failed": len(failed),
            "strange_errno": sum(n for code, n in errors.items() if code not in ALLOWED),
        },
    )


if __name__ == "__main__":
    main()
