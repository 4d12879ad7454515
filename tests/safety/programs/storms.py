"""Sending, receiving, waiting and ending in a storm of signals."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

from prelude import in_thread, main, undeliverable
from signal_storm import (
    SECONDS,
    Interrupted,
    calm,
    context,
    fire,
    found,
    lasts,
    message,
    pair,
    raises,
    returns,
    storm,
)

import zmqlite as zmq

END = message(-1)


def receive_all(receiver: zmq.Socket, into: list[list[bytes]]) -> None:
    while not into or into[-1] != END:
        into.append(receiver.recv_multipart())


def send_all(sender: zmq.Socket, messages: list[list[bytes]]) -> None:
    for each in messages:
        sender.send_multipart(each)


def both_directions() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    got: list[list[bytes]] = []
    other = in_thread(receive_all, receiver, got)
    storm(returns)
    start, sent = time.monotonic(), 0
    while lasts(start, sent):
        sender.send_multipart(message(sent))
        sent += 1
    sender.send_multipart(END)
    calm()
    other.join()
    expected = [*(message(number) for number in range(sent)), END]
    there = got == expected
    # Now the storm is on the receiving side, since only the main thread gets signals here.
    sender, receiver = pair(zmq.PUSH, zmq.PULL)
    other = in_thread(send_all, sender, expected)
    storm(returns)
    got = []
    receive_all(receiver, got)
    other.join()
    found(sent=sent, there=there, back=got == expected)


def many_frames() -> None:
    frames = [b"%d" % number for number in range(4_000)]
    sender, receiver = pair(zmq.PUSH, zmq.PULL, transport="inproc://many")
    storm(returns, 0.0001)
    start = time.monotonic()
    sent = broken = 0
    while lasts(start, sent, 3, 2 * SECONDS):
        sender.send_multipart(frames)
        broken += receiver.recv_multipart(timeout=10_000) != frames
        sent += 1
    found(sent=sent, broken=broken)


def proxy(front_type: str, back_type: str, producer: str, consumer: str) -> None:
    kinds = zmq.SocketType
    front = context.socket(kinds[front_type], rcvhwm=3)
    back, capture = context.socket(kinds[back_type], sndhwm=3), context.socket(zmq.PUSH, sndhwm=3)
    if back.type is zmq.XPUB:
        back.xpub_nodrop = True
    entry = front.bind("tcp://127.0.0.1:*")
    way_out, copies = back.bind("tcp://127.0.0.1:*"), capture.bind("tcp://127.0.0.1:*")
    got: list[list[bytes]] = []
    copied: list[list[bytes]] = []

    def produce() -> None:
        with zmq.Context() as own, own.socket(kinds[producer], sndhwm=3) as s:
            s.connect(entry)
            if s.type is zmq.DEALER:
                assert s.recv(timeout=10_000) == b"\1"  # the subscription, that came through
            start, number = time.monotonic(), 0
            while lasts(start, number, 100, 1.5 * SECONDS):
                s.send_multipart(message(number))
                number += 1
            s.send_multipart(END)

    def consume(kind: zmq.SocketType, endpoint: str, into: list[list[bytes]]) -> None:
        with zmq.Context() as own, own.socket(kind, rcvhwm=3, rcvbuf=4096) as s:
            if kind is zmq.SUB:
                s.subscribe(b"")
            s.connect(endpoint)
            while not into or into[-1] != END:
                into.append(s.recv_multipart())
                time.sleep(0.0005)  # slower than the producer

    threads = [
        in_thread(produce),
        in_thread(consume, kinds[consumer], way_out, got),
        in_thread(consume, zmq.PULL, copies, copied),
    ]

    def finish() -> None:
        for each in threads:
            each.join()
        context.shutdown()

    in_thread(finish)
    storm(returns)
    zmq.proxy(front, back, capture)
    calm()
    passed = len(got) - 1
    found(
        passed=passed,
        order=got == [*(message(number) for number in range(passed)), END],
        copied=[each for each in copied if each != [b"\1"]] == got,
    )


TRIES = 3
"""How often a time is measured; the machine may have been busy with something else."""


def timeouts() -> None:
    idle = context.socket(zmq.PULL, rcvtimeo=150)
    full = context.socket(zmq.PUSH, sndtimeo=150)
    poller = zmq.Poller()
    poller.register(idle, zmq.POLLIN)
    calls: dict[str, Callable[[], object]] = {
        "recv": lambda: idle.recv(timeout=150),
        "recv_multipart with rcvtimeo": idle.recv_multipart,
        "send_multipart": lambda: full.send_multipart([b"x", b"y"], timeout=150),
        "send with sndtimeo": lambda: full.send(b"x"),
        "poll": lambda: idle.poll(150),
        "Poller.poll": lambda: poller.poll(150),
        "an empty Poller": lambda: zmq.Poller().poll(150),
    }
    took = {}
    storm(returns)
    for name, call in calls.items():
        for _ in range(TRIES):
            start = time.monotonic()
            with suppress(zmq.Timeout):
                call()
            took[name] = time.monotonic() - start
            if took[name] < 0.35:
                break
    found(took=took)


def bind_connect_and_monitor() -> None:
    storm(returns, 0.0001)
    start = time.monotonic()
    rounds = 0
    while lasts(start, rounds):
        with context.socket(zmq.PULL) as a, context.socket(zmq.PUSH) as b, a.monitor() as monitor:
            endpoint = a.bind("tcp://127.0.0.1:*")
            b.connect(endpoint)
            b.send(b"x")
            assert a.recv(timeout=10_000) == b"x"
            b.disconnect(endpoint)
            a.unbind(endpoint)
            while monitor.socket.poll(0):
                monitor.recv(zmq.DONTWAIT)
            rounds += 1
    found(rounds=rounds)


def handler_that_uses_another_socket() -> None:
    other = context.socket(zmq.PULL)

    def handler(*_: object) -> None:
        fire.signals += 1
        with suppress(zmq.Again):
            other.recv(zmq.DONTWAIT)

    ending = zmq.Context(linger=400)
    _pusher = undeliverable(ending)
    storm(handler)
    start = time.monotonic()
    ending.term()
    found(took=time.monotonic() - start, closed=ending.closed)


def ends_of_contexts() -> None:
    stuck = 0
    sys.unraisablehook = lambda _: None  # what a handler raises inside a finaliser
    for number in range(1500):
        ending = zmq.Context(linger=0)
        storm(raises, 0.00005 + number % 400 * 0.000002)
        try:
            fire.armed = True
            pusher = ending.socket(zmq.PUSH)
            pusher.send(b"x", zmq.DONTWAIT)
        except (zmq.Again, Interrupted):
            pass
        try:
            ending.term()
            fire.armed = False
        except Interrupted:
            pass
        fire.armed = False
        start = time.monotonic()
        ending.term()
        stuck += time.monotonic() - start > 1 or not ending.closed
    found(stuck=stuck)


def memory_let_go() -> None:
    sender, receiver = pair(zmq.PUSH, zmq.PULL, hwm=10, transport="inproc://memory")
    lost: list[str] = []
    sys.unraisablehook = lambda what: lost.append(repr(what.exc_value))
    long = bytes(70_000)
    storm(raises)
    start = time.monotonic()
    while lasts(start, fire.raised, 30):
        try:
            fire.armed = True
            sender.send(long)
            len(receiver.recv_message().data)
            fire.armed = False
        except Interrupted:
            while receiver.poll(0):
                receiver.recv()
    found(lost=lost[:3])


if __name__ == "__main__":
    main(globals())
