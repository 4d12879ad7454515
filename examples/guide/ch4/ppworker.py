"""Paranoid Pirate, the worker: answer requests, and connect anew when the queue is silent (DEALER).

It sends and expects heartbeats. When three of them did not come the queue is taken for dead: the
worker throws its socket away, waits, and registers again through a new one; it waits twice as long
after each failure, up to half a minute. Its first three requests go well. After that one in five
ends the program, as a crash does, and one in five of the others makes it stall. With the options
`--crash 0 --stall 0` it never fails. Protocol: PPP, ZeroMQ RFC 6.

    python -m examples.guide.ch4.ppqueue
    python -m examples.guide.ch4.ppworker
    python -m examples.guide.ch4.lpclient
"""

import time

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock, shown
from .failures import Failures
from .ppqueue import HEARTBEAT, LIVENESS, READY


def serve(socket: zmq.Socket, heartbeat: int, work: int, failures: Failures) -> bool:
    """Answer requests until the queue falls silent; tell whether it said anything at all."""
    heard = False
    socket.send(READY)
    beat_at = clock() + heartbeat
    expiry = clock() + LIVENESS * heartbeat
    while clock() < expiry:
        if socket.poll(max(0, beat_at - clock())):
            match socket.recv_multipart():
                case [client, b"", *request] if request:
                    failures.maybe()
                    print("request:", *map(shown, request))
                    socket.send_multipart([client, b"", *request])
                    time.sleep(work / 1000)
                case [control] if control == HEARTBEAT:
                    print("heartbeat")
                case message:
                    print("dropped a malformed message:", *map(shown, message))
            heard = True
            expiry = clock() + LIVENESS * heartbeat
        if clock() >= beat_at:
            socket.send(HEARTBEAT)
            beat_at = clock() + heartbeat
    return heard


def main(
    connect: str = "tcp://localhost:5556",
    heartbeat: int = 1000,
    reconnect: int = 1000,
    longest: int = 32000,
    work: int = 1000,
    reliable: int = 3,
    crash: int = 5,
    stall: int = 5,
    stall_time: int = 3000,
    seed: int = 0,
) -> None:
    failures = Failures(reliable, crash, stall, stall_time, seed)
    delay = reconnect
    with zmq.Context(linger=0) as context:
        while True:
            with context.socket(zmq.DEALER) as socket:
                socket.connect(connect)
                print("ready")
                if serve(socket, heartbeat, work, failures):
                    delay = reconnect
            print(f"the queue is silent, connecting anew in {delay} ms")
            time.sleep(delay / 1000)
            delay = min(2 * delay, longest)


if __name__ == "__main__":
    run(main)
