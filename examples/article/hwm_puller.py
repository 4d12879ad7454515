"""Receive what an hwm_pusher had to keep: everything, in order.

python -m examples.article.hwm_pusher
python -m examples.article.hwm_puller
"""

import argparse

import zmqlite as zmq


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Receive numbers, and look for gaps.")
    parser.add_argument("--bind", default="tcp://127.0.0.1:5557", metavar="ENDPOINT")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    numbers = []
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.bind(options.bind)
        while message := socket.recv():
            numbers.append(int(message))
    complete = numbers == list(range(1, len(numbers) + 1))
    state = "in order, none missing" if complete else f"with gaps: {numbers}"
    print(f"received {len(numbers)} messages, {state}", flush=True)


if __name__ == "__main__":
    main()
