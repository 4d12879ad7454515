"""A pool of workers that ends well: SIGTERM or Ctrl-C, and it does what it has, and asks no more.

See pool_manager for the frames. One task of this program receives, and each job is a task in a
group, which ends when all of them have sent their results.

    python -m examples.aio.pool ada
"""

import asyncio
import signal

import zmqlite as zmq
from zmqlite import aio

from ..program import run
from .pool_manager import BYE, DONE, LAST, READY


async def work(name: str, endpoint: str, workers: int, busy: int) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    done = 0

    async def do(socket: aio.Socket, number: bytes) -> None:
        nonlocal done
        await asyncio.sleep(busy / 1000)
        await socket.send_multipart([DONE, number, b"%d" % int(number) ** 2])
        done += 1
        if not stop.is_set():
            await socket.send(READY)

    async def leave(socket: aio.Socket) -> None:
        await stop.wait()
        print(f"{name} takes no more")
        await socket.send(BYE)

    async with (
        aio.Context() as context,
        context.socket(zmq.DEALER, routing_id=name.encode()) as socket,
    ):
        socket.connect(endpoint)
        await socket.send_many([READY] * workers)
        leaving = asyncio.create_task(leave(socket))
        async with asyncio.TaskGroup() as jobs:
            while (number := await socket.recv()) != LAST:
                jobs.create_task(do(socket, number))
        leaving.cancel()
    print(f"{name} has done {done} tasks")


def main(
    name: str, connect: str = "tcp://127.0.0.1:5557", workers: int = 4, busy: int = 100
) -> None:
    asyncio.run(work(name, connect, workers, busy))


if __name__ == "__main__":
    run(main)
