"""Receive the prices of a stock, and notice when none come: asyncio.timeout around each receive.

A receive that was cut short has taken nothing, so none is missing however often that happens.

    python -m examples.aio.ticker_publisher
    python -m examples.aio.ticker_subscriber
"""

import asyncio

import zmqlite as zmq
from zmqlite import aio

from ..program import run


async def follow(endpoint: str, stock: str, patience: int) -> None:
    prices = 0
    silent = 0
    async with aio.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(stock.encode())
        socket.connect(endpoint)
        while True:
            try:
                async with asyncio.timeout(patience / 1000):
                    _, price = await socket.recv_multipart()
            except TimeoutError:
                silent += 1
                print(f"nothing for {patience} ms")
                continue
            if price == b"closed":
                break
            prices += 1
            print(f"{stock} {price.decode()}")
    print(f"received {prices} prices; silent at all: {'yes' if silent else 'no'}")


def main(connect: str = "tcp://127.0.0.1:5556", stock: str = "ABC", patience: int = 500) -> None:
    asyncio.run(follow(connect, stock, patience))


if __name__ == "__main__":
    run(main)
