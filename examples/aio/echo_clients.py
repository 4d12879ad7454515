"""A hundred clients in one process, each with a socket of its own, that all ask at the same time.

A reply that does not come in time ends them all: the task group cancels the others.

    python -m examples.aio.echo_server
    python -m examples.aio.echo_clients
"""

import asyncio

import zmqlite as zmq
from zmqlite import aio

from ..program import run


async def ask(context: aio.Context, endpoint: str, name: int, requests: int, limit: int) -> int:
    """Send requests one after the other, and count the replies that are what was sent."""
    right = 0
    async with context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for number in range(requests):
            text = f"request {number} of client {name}"
            async with asyncio.timeout(limit / 1000):
                await socket.send_string(text)
                right += await socket.recv_string() == text
    return right


async def ask_all(endpoint: str, clients: int, requests: int, limit: int) -> None:
    async with aio.Context() as context, asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ask(context, endpoint, name, requests, limit))
            for name in range(clients)
        ]
    replies = sum(task.result() for task in tasks)
    print(f"{clients} clients got {replies} of {clients * requests} replies")


def main(
    connect: str = "tcp://127.0.0.1:5555",
    clients: int = 100,
    requests: int = 10,
    limit: int = 10_000,
) -> None:
    asyncio.run(ask_all(connect, clients, requests, limit))


if __name__ == "__main__":
    run(main)
