"""Programs that live in a storm of signals, as the tests of signals need them."""

from __future__ import annotations

import json
from typing import Any

from safety_support import run

STORM = """
import json

SECONDS = 1.0
INTERVAL = 0.0005  # twice as often as the kilohertz that is asked for

class Interrupted(Exception):
    pass

signals = raised = 0
armed = False

def returns(*_):
    global signals
    signals += 1

def raises(*_):
    # Once for every time it is armed, so that nothing but the call is interrupted.
    global signals, raised, armed
    signals += 1
    if armed:
        armed = False
        raised += 1
        raise error

error = Interrupted

def storm(handler):
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)

def calm():
    signal.setitimer(signal.ITIMER_REAL, 0)

def found(**what):
    calm()
    say(json.dumps({"signals": signals, "raised": raised, **what}))

context = zmq.Context(linger=0)
def pair(a, b, hwm=100, transport="tcp://127.0.0.1:*"):
    sockets = context.socket(a, sndhwm=hwm, rcvhwm=hwm), context.socket(b, sndhwm=hwm, rcvhwm=hwm)
    sockets[1].connect(sockets[0].bind(transport))
    return sockets

def message(number):
    "Three frames that belong together, of changing length; sometimes long, sometimes very long."
    length = (number * 7919) % 500
    if number % 50 == 0:
        length = 20_000 if number % 100 else 200_000
    return [b"%d" % number, b"", bytes([number % 256]) * length]

def whole(frames):
    return frames == message(int(frames[0]))
"""
"""What a signal storm is, and messages that show whether they are torn."""


def storm(source: str) -> dict[str, Any]:
    """Run a program after STORM; what it found."""
    found: dict[str, Any] = json.loads(run(STORM + source, deadline=30).succeeded())
    assert found["signals"] > 200  # fewer than the clock has ticks, on a busy machine
    return found
