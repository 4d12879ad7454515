"""Deal tasks out to workers: each task goes to one of them, in turn (PUSH/PULL).

The first worker to connect would get everything that is sent before the second one is there. So
this program waits for its peers, and begins when all workers have joined.

    python -m examples.article.pusher --pullers 2
    python -m examples.article.puller          (twice)
"""

import zmqlite as zmq

from ..program import run


def main(bind: str = "tcp://127.0.0.1:5557", count: int = 12, pullers: int = 1) -> None:
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.wait_peers(0)  # count from now on
        print("bound", socket.bind(bind))
        socket.wait_peers(pullers)
        for number in range(1, count + 1):
            socket.send_string(f"task {number}")
        for _ in range(pullers):
            socket.send(b"")  # dealt out in turn as well: one for each worker
        print(f"pushed {count} tasks")


if __name__ == "__main__":
    run(main)
