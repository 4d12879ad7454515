"""Have numbers squared by several servers, and do not mind if one of them is killed.

python -m examples.rpc.client ENDPOINT ENDPOINT ...
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from zmqlite import aio, rpc

from ..program import run
from .generated import squares_pb2, squares_rpc


async def ask(servers: tuple[str, ...], count: int, pause: int) -> None:
    numbers = iter(range(count))
    answers: Counter[str] = Counter()

    async def calls(client: Any) -> None:
        for number in numbers:
            outcome = rpc.Outcome()
            reply = await client.square(
                squares_pb2.Number(value=number), timeout=20_000, outcome=outcome
            )
            assert reply.value == number**2
            answers[outcome.endpoint] += 1
            if answers.total() == count // 2:
                print("half of the numbers are squared")
            await asyncio.sleep(pause / 1000)

    async with (
        aio.Context() as context,
        squares_rpc.AsyncSquaresClient(context, *servers) as client,
    ):
        await asyncio.gather(*(calls(client) for _ in range(8)))
    print(f"{answers.total()} numbers squared over {len(answers)} connections")


def main(*servers: str, count: int = 1000, pause: int = 5) -> None:
    asyncio.run(ask(servers or ("tcp://127.0.0.1:5581",), count, pause))


if __name__ == "__main__":
    run(main)
