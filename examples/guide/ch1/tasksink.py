"""The sink of a pipeline: collect a hundred results, and tell how long they took (PULL).

The time is that of the whole batch: with several workers it is less than the ventilator's sum.

    python -m examples.guide.ch1.tasksink
    python -m examples.guide.ch1.taskwork             (several)
    python -m examples.guide.ch1.taskvent
"""

import zmqlite as zmq

from ...program import run
from ..zhelpers import clock


def collect(receiver: zmq.Socket, count: int) -> None:
    """Take the ventilator's word that the batch begins, then a number of results."""
    print("Ready for results")
    receiver.recv()
    start = clock()
    for number in range(count):
        receiver.recv()
        print("." if number % 10 else ":", end="", flush=True)
    print()
    print(f"Total elapsed time: {clock() - start} msec")


def main(bind: str = "tcp://*:5558", count: int = 100) -> None:
    with zmq.Context() as context, context.socket(zmq.PULL) as receiver:
        receiver.bind(bind)
        collect(receiver, count)


if __name__ == "__main__":
    run(main)
