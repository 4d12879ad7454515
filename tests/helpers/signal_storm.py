"""Programs that live in a storm of signals: the storm, and messages that show if they are torn."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from typing import Any

from prelude import say

import zmqlite as zmq

SECONDS = 0.5


class Interrupted(Exception):
    pass


class Fire:
    """What the signals did."""

    signals = raised = 0
    armed = False
    error: type[Exception] | Exception = Interrupted


fire = Fire()
context = zmq.Context(linger=0)


def returns(*_: object) -> None:
    fire.signals += 1


def raises(*_: object) -> None:
    # Once for every time it is armed, so that nothing but the call is interrupted.
    fire.signals += 1
    if fire.armed:
        fire.armed = False
        fire.raised += 1
        raise fire.error


def storm(handler: Callable[..., object], interval: float = 0.0005) -> None:
    """Begin: by default twice as often as the kilohertz that is asked for."""
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, interval, interval)


def calm() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def lasts(start: float, done: int, enough: int = 100, seconds: float = SECONDS) -> bool:
    """Whether to go on: for some seconds, and on a busy machine until enough was done."""
    took = time.monotonic() - start
    return took < seconds or (took < 20 and (done <= enough or fire.signals <= 200))


def found(**what: object) -> None:
    """End, and say what came of it."""
    calm()
    say(json.dumps({"signals": fire.signals, "raised": fire.raised, **what}))


def pair(
    a: zmq.SocketType, b: zmq.SocketType, hwm: int = 100, transport: str = "tcp://127.0.0.1:*"
) -> tuple[zmq.Socket, zmq.Socket]:
    sockets = context.socket(a, sndhwm=hwm, rcvhwm=hwm), context.socket(b, sndhwm=hwm, rcvhwm=hwm)
    sockets[1].connect(sockets[0].bind(transport))
    return sockets


def message(number: int) -> list[bytes]:
    """Three frames that belong together, of changing length; sometimes long, sometimes very."""
    length = (number * 7919) % 500
    if number % 50 == 0:
        length = 20_000 if number % 100 else 200_000
    return [b"%d" % number, b"", bytes([number % 256]) * length]


def whole(frames: list[bytes]) -> bool:
    return frames == message(int(frames[0]))


def outcome(printed: str) -> dict[str, Any]:
    """For the tests: what a program found."""
    result: dict[str, Any] = json.loads(printed)
    assert result["signals"] > 200  # fewer than the clock has ticks, on a busy machine
    return result
