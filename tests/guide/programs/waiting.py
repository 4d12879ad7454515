"""Wait until it is told to end, in one of several ways, or fail."""

import asyncio
import time

from examples.program import run


async def sleep() -> None:
    print("up")
    await asyncio.sleep(60)


def main(how: str) -> None:
    if how == "fail":
        raise ZeroDivisionError
    try:
        if how == "asyncio":
            asyncio.run(sleep())
        print("up")
        time.sleep(60)
    finally:
        print("down")


run(main)
