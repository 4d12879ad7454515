"""End in one of several ways while a coroutine waits: python ending.py raise|interrupt|exit."""

import asyncio
import signal
import sys

import zmqlite as zmq
from zmqlite import aio


async def main() -> None:
    context = aio.Context()
    pull, push = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    push.connect(pull.bind("tcp://127.0.0.1:*"))
    waiting = asyncio.create_task(pull.recv())
    await asyncio.sleep(0.01)
    if sys.argv[1] == "exit":
        sys.exit(3)
    if sys.argv[1] == "raise":
        raise ValueError("unforeseen")
    signal.raise_signal(signal.SIGINT)
    await waiting


signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background of a script
asyncio.run(main())
