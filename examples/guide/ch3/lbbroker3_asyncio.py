"""Balance load with asyncio: lbbroker3 as coroutines.

What lbbroker3 does with handlers that it adds and removes is a queue here. The coroutine that takes
requests first waits for a free worker, so nobody reads the frontend while there is none. Clients
send a request per second, for ever. This program needs no other:

    python -m examples.guide.ch3.lbbroker3_asyncio
"""

import asyncio

import zmqlite as zmq
from zmqlite import aio

from ...program import run

READY = b"\1"


async def ask(context: aio.Context, frontend: str, interval: int) -> None:
    """Send a request in each interval, and print the reply."""
    async with context.socket(zmq.REQ) as client:
        client.connect(frontend)
        while True:
            await client.send(b"HELLO")
            print(f"Client: {(await client.recv()).decode()}")
            await asyncio.sleep(interval / 1000)


async def work(context: aio.Context, backend: str) -> None:
    """Answer requests."""
    async with context.socket(zmq.REQ) as worker:
        worker.connect(backend)
        await worker.send(READY)
        while True:
            *way_back, request = await worker.recv_multipart()
            print(f"Worker: {request.decode()}")
            await worker.send_multipart([*way_back, b"OK"])


async def take_requests(
    frontend: aio.Socket, backend: aio.Socket, free: asyncio.Queue[bytes]
) -> None:
    """Give each request to the worker that has been free for the longest time."""
    while True:
        worker = await free.get()
        request = await frontend.recv_multipart()
        await backend.send_multipart([worker, b"", *request])


async def take_replies(
    frontend: aio.Socket, backend: aio.Socket, free: asyncio.Queue[bytes]
) -> None:
    """Send each reply to its client, and note who is free."""
    while True:
        worker, _, *reply = await backend.recv_multipart()
        free.put_nowait(worker)
        if reply[0] != READY:
            await frontend.send_multipart(reply)


async def serve(frontend: str, backend: str, clients: int, workers: int, interval: int) -> None:
    """Run the broker, its clients and its workers, until all are cancelled."""
    async with (
        aio.Context() as context,
        context.socket(zmq.ROUTER) as front,
        context.socket(zmq.ROUTER) as back,
        asyncio.TaskGroup() as tasks,
    ):
        front.bind(frontend)
        back.bind(backend)
        free: asyncio.Queue[bytes] = asyncio.Queue()
        tasks.create_task(take_requests(front, back, free))
        tasks.create_task(take_replies(front, back, free))
        for _ in range(clients):
            tasks.create_task(ask(context, frontend, interval))
        for _ in range(workers):
            tasks.create_task(work(context, backend))


def main(
    frontend: str = "ipc://frontend.ipc",
    backend: str = "ipc://backend.ipc",
    clients: int = 10,
    workers: int = 3,
    interval: int = 1000,
) -> None:
    asyncio.run(serve(frontend, backend, clients, workers, interval))


if __name__ == "__main__":
    run(main)
