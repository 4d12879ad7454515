"""Receive what an hwm_pusher had to keep: everything, in order.

python -m examples.article.hwm_pusher
python -m examples.article.hwm_puller
"""

import zmqlite as zmq

from ..program import run


def main(bind: str = "tcp://127.0.0.1:5557") -> None:
    numbers = []
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.bind(bind)
        while message := socket.recv():
            numbers.append(int(message))
    complete = numbers == list(range(1, len(numbers) + 1))
    state = "in order, none missing" if complete else f"with gaps: {numbers}"
    print(f"received {len(numbers)} messages, {state}")


if __name__ == "__main__":
    run(main)
