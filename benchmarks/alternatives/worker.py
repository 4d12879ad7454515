"""One process of a measurement: `python -m benchmarks.alternatives.worker SYSTEM TASK ADDRESS`."""

from __future__ import annotations

import asyncio
import statistics
import sys
from typing import Any

from .systems import system
from .tasks import IDLE, Tally, tell


async def run(name: str, task: str, address: str, count: int, pace: float) -> dict[str, Any]:
    """Do what the task says, and return what was found."""
    this = system(name)
    match task:
        case "ask":
            return {"median": statistics.median(await this.ask(address, count))}
        case "produce":
            return {"failures": await this.produce(address, count, pace)}
        case "consume":
            tally = Tally(count - 1, IDLE if not pace else 6 * IDLE)
            await this.consume(address, tally)
            return tally.result()
        case _:
            await this.echo(address)
            return {}


def proxy(address: str) -> None:
    """Be the middle of ZeroMQ: two proxies, of requests and of numbered messages."""
    import zmqlite as zmq

    front, back, kind = address.split()
    types = (zmq.ROUTER, zmq.DEALER) if kind == "requests" else (zmq.PULL, zmq.PUSH)
    with zmq.Context() as context:
        frontend, backend = (context.socket(each) for each in types)
        frontend.bind(front)
        backend.bind(back)
        zmq.proxy(frontend, backend)


if __name__ == "__main__":
    if sys.argv[2] == "proxy":
        proxy(sys.argv[3])
    else:
        _, name, task, address, count, pace = sys.argv
        tell(asyncio.run(run(name, task, address, int(count), float(pace))))
        sys.stdin.read()  # until it is killed: a process that ends early counts as failed
