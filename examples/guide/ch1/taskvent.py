"""The ventilator of a pipeline: a hundred tasks, dealt out to whoever is there to work (PUSH).

The first worker to connect would get all tasks if the others came later, so somebody who can see
them has to press Enter. With --workers the program itself counts them as they join.

    python -m examples.guide.ch1.tasksink
    python -m examples.guide.ch1.taskwork             (several)
    python -m examples.guide.ch1.taskvent
"""

import random
import sys

import zmqlite as zmq

from ...program import run


def bind_and_wait(sender: zmq.Socket, endpoint: str, workers: int) -> None:
    """Come back when the workers are there."""
    sender.wait_peers(0)  # count from now on
    sender.bind(endpoint)
    sender.wait_peers(workers)
    if not workers:
        print("Press Enter when the workers are ready:")
        sys.stdin.readline()


def main(
    bind: str = "tcp://*:5557",
    sink: str = "tcp://localhost:5558",
    count: int = 100,
    longest: int = 100,
    workers: int = 0,
) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as sender,
        context.socket(zmq.PUSH) as start,
    ):
        bind_and_wait(sender, bind, workers)
        print("Sending tasks to workers")
        start.connect(sink)
        start.send(b"0")  # to the sink itself: the batch begins
        tasks = [random.randint(1, longest) for _ in range(count)]
        sender.send_many(b"%d" % task for task in tasks)
        print(f"Total expected cost: {sum(tasks)} msec")


if __name__ == "__main__":
    run(main)
