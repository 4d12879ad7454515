"""Deal tasks out to workers: each task goes to one of them, in turn (PUSH/PULL).

The first worker to connect would get everything that is sent before the second one is there. So
this program waits for its peers, and begins when all workers have joined.

    python -m examples.article.pusher --pullers 2
    python -m examples.article.puller          (twice)
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Deal tasks out to workers.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5557", metavar="ENDPOINT")
    parser.add_argument("--count", type=int, default=12, help="how many tasks")
    parser.add_argument("--pullers", type=int, default=1, help="how many workers to wait for")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.wait_peers(0)  # count from now on
        print("bound", socket.bind(options.bind), flush=True)
        socket.wait_peers(options.pullers)
        for number in range(1, options.count + 1):
            socket.send_string(f"task {number}")
        for _ in range(options.pullers):
            socket.send(b"")  # dealt out in turn as well: one for each worker
        print(f"pushed {options.count} tasks", flush=True)


if __name__ == "__main__":
    main()
