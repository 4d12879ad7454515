"""Have numbers squared by several servers, and do not mind if one of them is killed.

python -m examples.rpc.client --connect ENDPOINT ENDPOINT ...
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from typing import Any

from zmqlite import aio, rpc

from .generated import squares_pb2, squares_rpc


async def main() -> None:
    parser = argparse.ArgumentParser(description="Have numbers squared.")
    parser.add_argument("--connect", nargs="+", default=["tcp://127.0.0.1:5581"])
    parser.add_argument("--count", type=int, default=1000, help="how many calls")
    parser.add_argument("--pause", type=int, default=5, help="milliseconds between calls")
    options = parser.parse_args()
    numbers = iter(range(options.count))
    answers: Counter[str] = Counter()

    async def calls(client: Any) -> None:
        for number in numbers:
            outcome = rpc.Outcome()
            reply = await client.square(
                squares_pb2.Number(value=number), timeout=20_000, outcome=outcome
            )
            assert reply.value == number**2
            answers[outcome.endpoint] += 1
            if answers.total() == options.count // 2:
                print("half of the numbers are squared", flush=True)
            await asyncio.sleep(options.pause / 1000)

    async with (
        aio.Context() as context,
        squares_rpc.AsyncSquaresClient(context, *options.connect) as client,
    ):
        await asyncio.gather(*(calls(client) for _ in range(8)))
    print(f"{answers.total()} numbers squared by {len(answers)} servers", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
