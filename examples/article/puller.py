"""Work on the tasks that a pusher deals out.

Start as many as there is work for. Tasks wait in this process's queue while it is busy.

    python -m examples.article.pusher --pullers 2
    python -m examples.article.puller          (twice)
"""

import time

import zmqlite as zmq

from ..program import run


def main(connect: str = "tcp://127.0.0.1:5557", work: int = 200) -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.connect(connect)
        count = 0
        while task := socket.recv_string():
            time.sleep(work / 1000)
            count += 1
            print("did", task)
        print(f"did {count} tasks")


if __name__ == "__main__":
    run(main)
