"""A worker of a pipeline: take a task, which is a time to sleep, and tell the sink when it is done.

The more workers there are, the sooner all is done; none of them knows of the others.

    python -m examples.guide.ch1.tasksink
    python -m examples.guide.ch1.taskwork             (several)
    python -m examples.guide.ch1.taskvent
"""

import time

import zmqlite as zmq

from ...program import run


def main(source: str = "tcp://localhost:5557", sink: str = "tcp://localhost:5558") -> None:
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.PUSH) as sender,
    ):
        receiver.connect(source)
        sender.connect(sink)
        for task in receiver:
            print(f"{task.decode()}.", end="", flush=True)
            time.sleep(int(task) / 1000)
            sender.send(b"")


if __name__ == "__main__":
    run(main)
