"""Give tasks to pools of workers that come and go, each task to one who has asked for it.

    python -m examples.aio.pool_manager
    python -m examples.aio.pool ada
    python -m examples.aio.pool bob       # and end one of them with Ctrl-C

The frames, behind the name of the pool:

    READY                  gives one task: a worker is free
    DONE, number, result   a task is done
    BYE                    asks for no more; LAST comes back, behind all tasks that were sent before
"""

import asyncio
from collections import Counter, deque

import zmqlite as zmq
from zmqlite import aio

from ..program import run

READY, DONE, BYE, LAST = b"READY", b"DONE", b"BYE", b"LAST"


async def manage(endpoint: str, count: int) -> None:
    waiting = deque(b"%d" % number for number in range(1, count + 1))
    free: deque[bytes] = deque()  # a name for each worker that asked
    pools: set[bytes] = set()
    results: dict[bytes, bytes] = {}
    done_by: Counter[bytes] = Counter()
    async with aio.Context() as context, context.socket(zmq.ROUTER) as socket:
        print("bound", socket.bind(endpoint))
        while len(results) < count:
            match await socket.recv_multipart():
                case [name, b"READY"]:
                    pools.add(name)
                    free.append(name)
                case [name, b"DONE", number, result]:
                    assert number not in results
                    results[number] = result
                    done_by[name] += 1
                    print(f"{name.decode()} did task {number.decode()}: {result.decode()}")
                case [name, b"BYE"]:
                    pools.discard(name)
                    free = deque(each for each in free if each != name)
                    await socket.send_multipart([name, LAST])
            while free and waiting:
                await socket.send_multipart([free.popleft(), waiting.popleft()])
        for name in pools:
            await socket.send_multipart([name, LAST])
    shares = ", ".join(f"{name.decode()} {done_by[name]}" for name in sorted(done_by))
    print(f"all {count} tasks are done: {shares}")


def main(bind: str = "tcp://127.0.0.1:5557", count: int = 40) -> None:
    asyncio.run(manage(bind, count))


if __name__ == "__main__":
    run(main)
