"""Echo requests, many at a time: each waits as if for a database, and none waits for another.

No more than `limit` are worked on at once. What is beyond that stays in the socket, and when that
is full, with the clients.

    python -m examples.aio.echo_server
    python -m examples.aio.echo_clients
"""

import asyncio

import zmqlite as zmq
from zmqlite import aio

from ..program import run


async def serve(endpoint: str, limit: int, work: int) -> None:
    free = asyncio.Semaphore(limit)
    served = 0

    async def answer(socket: aio.Socket, request: list[bytes]) -> None:
        nonlocal served
        await asyncio.sleep(work / 1000)
        await socket.send_multipart(request)  # which begins with the way back
        served += 1
        free.release()

    try:
        async with (
            aio.Context() as context,
            context.socket(zmq.ROUTER) as socket,
            asyncio.TaskGroup() as tasks,
        ):
            print("bound", socket.bind(endpoint))
            while True:
                await free.acquire()
                tasks.create_task(answer(socket, await socket.recv_multipart()))
    finally:
        print(f"served {served} requests")


def main(bind: str = "tcp://127.0.0.1:5555", limit: int = 1000, work: int = 10) -> None:
    asyncio.run(serve(bind, limit, work))


if __name__ == "__main__":
    run(main)
