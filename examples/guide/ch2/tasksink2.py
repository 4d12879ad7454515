"""The sink of a pipeline that ends its workers when all is done (PULL, and PUB for the word).

A PUB socket reaches all of them with one message, however many they are.

    python -m examples.guide.ch2.tasksink2
    python -m examples.guide.ch2.taskwork2            (several)
    python -m examples.guide.ch1.taskvent
"""

import zmqlite as zmq

from ...program import run
from ..ch1.tasksink import collect


def main(bind: str = "tcp://*:5558", control: str = "tcp://*:5559", count: int = 100) -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.PUB) as controller,
    ):
        receiver.bind(bind)
        controller.bind(control)
        collect(receiver, count)
        controller.send(b"KILL")


if __name__ == "__main__":
    run(main)
