"""Publish prices, with a pause in the middle in which nothing happens.

It begins when somebody has subscribed, which an XPUB socket is told: nobody misses the start.

    python -m examples.aio.ticker_publisher
    python -m examples.aio.ticker_subscriber
"""

import asyncio

import zmqlite as zmq
from zmqlite import aio

from ..program import run


async def publish(endpoint: str, count: int, interval: int, pause: int) -> None:
    async with aio.Context() as context, context.socket(zmq.XPUB) as socket:
        print("bound", socket.bind(endpoint))
        print("subscribed:", (await socket.recv())[1:].decode())
        for number in range(1, count + 1):
            for stock in ("ABC", "XYZ"):
                await socket.send_multipart([stock.encode(), b"%d" % (100 + number)])
            await asyncio.sleep((pause if number == count // 2 else interval) / 1000)
        await socket.send_multipart([b"ABC", b"closed"])
        print(f"published {count} prices of 2 stocks")


def main(
    bind: str = "tcp://127.0.0.1:5556", count: int = 10, interval: int = 100, pause: int = 2000
) -> None:
    asyncio.run(publish(bind, count, interval, pause))


if __name__ == "__main__":
    run(main)
