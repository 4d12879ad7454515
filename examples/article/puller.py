"""Work on the tasks that a pusher deals out.

Start as many as there is work for. Tasks wait in this process's queue while it is busy.

    python -m examples.article.pusher --pullers 2
    python -m examples.article.puller          (twice)
"""

import argparse
import time

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Work on tasks until an empty one comes.")
    parser.add_argument("--connect", default="tcp://127.0.0.1:5557", metavar="ENDPOINT")
    parser.add_argument("--work", type=int, default=200, help="milliseconds that a task takes")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.connect(options.connect)
        count = 0
        while task := socket.recv_string():
            time.sleep(options.work / 1000)
            count += 1
            print("did", task, flush=True)
        print(f"did {count} tasks", flush=True)


if __name__ == "__main__":
    main()
