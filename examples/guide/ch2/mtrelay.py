"""Threads that signal each other: step 1 to step 2, step 2 to step 3 (PAIR over inproc).

Each step binds its end before it starts the thread that connects to it. This program needs no
other:

    python -m examples.guide.ch2.mtrelay
"""

import threading

import zmqlite as zmq

from ...program import run


def step1(context: zmq.Context) -> None:
    signal(context, 1)


def step2(context: zmq.Context) -> None:
    with context.socket(zmq.PAIR) as receiver:
        receiver.bind("inproc://step2")
        threading.Thread(target=step1, args=(context,)).start()
        receiver.recv()
    signal(context, 2)


def signal(context: zmq.Context, step: int) -> None:
    """Tell the next step that this one is done."""
    with context.socket(zmq.PAIR) as sender:
        sender.connect(f"inproc://step{step + 1}")
        print(f"Step {step} ready, signaling step {step + 1}")
        sender.send(b"READY")


def main() -> None:
    with zmq.Context() as context, context.socket(zmq.PAIR) as receiver:
        receiver.bind("inproc://step3")
        threading.Thread(target=step2, args=(context,)).start()
        receiver.recv()
        print("Test successful!")


if __name__ == "__main__":
    run(main)
